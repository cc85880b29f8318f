package io.slinfer.scheduler;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.admission.Candidate;
import io.slinfer.admission.DeviceSnapshot;
import io.slinfer.admission.InstanceSnapshot;
import io.slinfer.admission.ShadowValidation;
import io.slinfer.admission.SlackTest;
import io.slinfer.cost.DeviceSpec;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.memory.KvSizing;
import io.slinfer.memory.Residence;
import io.slinfer.request.DeadlineRule;
import io.slinfer.request.ModelId;
import io.slinfer.request.RequestId;
import io.slinfer.request.RequestLife;
import io.slinfer.request.Slo;
import io.slinfer.testing.RandomDevices;
import io.slinfer.testing.StepTimers;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.statistics.Statistics;

/**
 * What the admission tests accept can be served in time: the prompts of a device are replayed one
 * by one with exact costs, and its decode steps are added up.
 */
final class AdmissionReplayTest {

  private static final KvSizing GROWING = new KvSizing(0, 64, 1.15);
  private static final long TOKEN_NANOS = 250_000_000;

  /** A prompt that waits, with what it costs on its instance. */
  private record Job(long workNanos, long deadlineNanos) {}

  /** A device with instances whose prompts wait; a first step may be under way. */
  private static final class World {
    final Random random;
    final DeviceSpec spec;
    final StepTimers timers = new StepTimers();
    final DeviceLoop loop;
    final List<Job> jobs = new ArrayList<>();
    int requests;

    World(long seed) {
      this.random = new Random(seed);
      this.spec = RandomDevices.cpu(random);
      DeviceSettings settings =
          new DeviceSettings(
              GROWING,
              new PagedBatching(1, 256),
              Residence.of(Long.MAX_VALUE),
              1,
              0,
              StepOrder.EARLIEST_DEADLINE,
              false,
              false,
              0);
      this.loop = new DeviceLoop(0, spec, settings, timers, new SchedulerListener() {});
      loop.connect(new SilentDriver(), null);
      for (int i = random.nextInt(spec.slots() + 1); i > 0; i--) {
        InstanceCosts costs = RandomDevices.costs(random);
        int blocks = (int) (spec.fixedKvBytes() / costs.blockBytes(spec.kvBlockTokens()));
        loop.open(prompt(costs), costs, blocks, List.of());
        Instance instance = loop.instances().getLast();
        for (int k = random.nextInt(4); k > 0; k--) {
          loop.join(prompt(costs), instance.index(), blocks, List.of());
        }
      }
    }

    private RequestLife prompt(InstanceCosts costs) {
      int tokens = 1 + random.nextInt(3000);
      Slo slo = new Slo(1 + random.nextLong(20_000_000_000L), TOKEN_NANOS);
      DeadlineRule rule = new DeadlineRule.FromArrival(0.95);
      RequestLife request =
          new RequestLife(new RequestId("r" + requests++), new ModelId("m"), tokens, slo, 0, rule);
      jobs.add(new Job(costs.latency().prefillNanos(tokens), request.deadlineNanos()));
      return request;
    }

    /** Earliest deadline first, exact costs: whether everybody is in time. */
    boolean everybodyIsInTime() {
      jobs.sort(Comparator.comparingLong(Job::deadlineNanos));
      long clock = 0;
      for (Job job : jobs) {
        clock += job.workNanos();
        if (clock > job.deadlineNanos()) {
          return false;
        }
      }
      return true;
    }

    /** The part of the device that decode steps take without any margin. */
    double decodeShare(InstanceSnapshot after) {
      double share = exactShare(after);
      for (InstanceSnapshot instance : loop.snapshot().instances()) {
        share += instance.index() == after.index() ? 0 : exactShare(instance);
      }
      return share;
    }

    private static double exactShare(InstanceSnapshot instance) {
      int batch = instance.batch();
      double length = (double) instance.totalTokens() / batch;
      return (double) instance.costs().latency().decodeNanos(length, batch) / TOKEN_NANOS;
    }
  }

  @Property(tries = 2000)
  void whatTheSlackTestAcceptsIsServedInTime(@ForAll long seed) {
    World world = new World(seed);
    SlackTest test = new SlackTest(GROWING, 0.95, 1, world.random.nextBoolean());
    checkAccepted(
        world,
        (device, before, after) ->
            test.timeHolds(device, before, after, 0) && test.missingBytes(world.spec, after) == 0);
  }

  @Property(tries = 2000)
  void whatShadowValidationAcceptsIsServedInTime(@ForAll long seed) {
    checkAccepted(
        new World(seed),
        (device, before, after) ->
            ShadowValidation.PAPER.validate(device, before, after, 0).accepted());
  }

  @FunctionalInterface
  private interface AdmissionTest {
    boolean accepts(DeviceSnapshot device, InstanceSnapshot before, InstanceSnapshot after);
  }

  private static void checkAccepted(World world, AdmissionTest test) {
    if (!world.everybodyIsInTime()) {
      return;
    }
    DeviceSnapshot device = world.loop.snapshot();
    InstanceSnapshot before = target(world, device);
    RequestLife request = world.prompt(before.costs());
    Candidate candidate =
        new Candidate(request.model(), request.totalTokens(), request.deadlineNanos(), TOKEN_NANOS);
    InstanceSnapshot after = before.with(candidate, world.spec, GROWING.reserveTokens());
    boolean accepted = test.accepts(device, before, after);
    Statistics.collect(accepted);
    if (accepted) {
      assertTrue(world.everybodyIsInTime(), "somebody is late after an admission");
      assertTrue(world.decodeShare(after) <= 1, "decode steps take more than the device");
      long bytes = after.neededBlocks() * after.costs().blockBytes(world.spec.kvBlockTokens());
      assertTrue(bytes <= world.spec.fixedKvBytes(), "more KV than there is");
    }
    assertFalse(after.batch() == before.batch(), "the candidate was not looked at");
  }

  private static InstanceSnapshot target(World world, DeviceSnapshot device) {
    int choice = world.random.nextInt(device.instances().size() + 1);
    return choice < device.instances().size()
        ? device.instances().get(choice)
        : InstanceSnapshot.fresh(new ModelId("m"), RandomDevices.costs(world.random), world.spec);
  }
}
