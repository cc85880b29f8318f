package io.slinfer.sim;

import io.slinfer.config.ClusterFile;
import io.slinfer.config.FaultFile;
import io.slinfer.config.FaultFile.Fault;
import io.slinfer.config.FaultFile.Kind;
import io.slinfer.config.ProfileFile;
import io.slinfer.sim.Simulation.Observation;
import io.slinfer.sim.Simulation.Scenario;
import io.slinfer.trace.SyntheticTrace;
import io.slinfer.trace.SyntheticTrace.Lengths;
import io.slinfer.trace.Trace.Arrival;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Random small worlds: few devices, few models, short overloaded traces; a seed makes each. */
final class SmallWorlds {

  static final String[] POLICIES = {"sllm", "sllm+c", "sllm+c+s", "slinfer-paper", "slinfer"};

  private static final String[] SIZES = {"3b", "7b", "13b"};

  private SmallWorlds() {}

  /** The world of a seed, under a policy. */
  static Scenario scenario(long seed, String policy, boolean faulty) {
    SplittableRandom random = new SplittableRandom(seed);
    Path file = Path.of("conf/clusters/paper-4c4g-" + SIZES[random.nextInt(3)] + ".yaml");
    ClusterFile whole = ClusterFile.read(file);
    ProfileFile profile = whole.profile(file);
    int models = 1 + random.nextInt(8);
    double seconds = 3 + random.nextInt(10);
    SyntheticTrace trace =
        new SyntheticTrace(
            models,
            seconds,
            1 + random.nextDouble() * 12,
            random.nextDouble() * 1.5,
            0.2 + 0.8 * random.nextDouble(),
            5,
            new Lengths(20 + random.nextInt(1500), random.nextDouble(), 3400),
            new Lengths(1 + random.nextInt(150), random.nextDouble(), 600),
            seed);
    return new Scenario(
        smaller(whole, random),
        profile,
        PolicyName.of(policy),
        atLeastOne(trace.make().select(models, Long.MAX_VALUE)),
        Math.round(seconds * 1e9),
        seed,
        faulty ? faults(random, seconds) : FaultFile.NONE);
  }

  private static List<Arrival> atLeastOne(List<Arrival> arrivals) {
    return arrivals.isEmpty() ? List.of(new Arrival(0, 0, 100, 10)) : arrivals;
  }

  /** Runs a world with every check on, and returns its event log. */
  static String checkedRun(long seed, String policy, boolean faulty) {
    StringBuilder log = new StringBuilder();
    try {
      new Simulation(scenario(seed, policy, faulty), new Observation(log, true, null, part -> {}))
          .run();
    } catch (RuntimeException | AssertionError broken) {
      throw new AssertionError(
          policy + ", seed " + seed + (faulty ? " with faults: " : ": ") + broken.getMessage(),
          broken);
    }
    return log.toString();
  }

  /** One to four faults of any kind, each on one of the first devices. */
  private static FaultFile faults(SplittableRandom random, double seconds) {
    List<Fault> faults = new ArrayList<>();
    for (int i = 1 + random.nextInt(4); i > 0; i--) {
      Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
      String device = (random.nextBoolean() ? "gpu:" : "cpu:") + random.nextInt(2);
      double at = random.nextDouble() * seconds;
      double length = 0.1 + random.nextDouble() * 10;
      faults.add(
          new Fault(kind, device, at, length, 3, random.nextDouble() * 0.9, random.nextDouble()));
    }
    return new FaultFile(faults);
  }

  private static ClusterFile smaller(ClusterFile whole, SplittableRandom random) {
    List<ClusterFile.Devices> groups =
        whole.devices().stream()
            .map(
                group ->
                    new ClusterFile.Devices(
                        group.kind(),
                        group.profile(),
                        1 + random.nextInt(2),
                        group.capacityGib() * (0.75 + random.nextDouble() / 4),
                        group.slots(),
                        group.kvBlockTokens(),
                        group.kvGibPerInstance(),
                        group.decodeQuota()))
            .toList();
    ClusterFile.Times times =
        random.nextBoolean() ? smallHost(whole.times(), random) : whole.times();
    return new ClusterFile(whole.name(), whole.model(), groups, times);
  }

  /** The same with a host that has little or no room for paused KV. */
  private static ClusterFile.Times smallHost(ClusterFile.Times times, SplittableRandom random) {
    return new ClusterFile.Times(
        times.loadFixedSeconds(),
        times.linkGbPerSecond(),
        times.resizeSecondsPerLayer(),
        times.copyGbPerSecond(),
        times.unloadSeconds(),
        times.evictSeconds(),
        Math.max(0, random.nextDouble() * 2 - 0.5));
  }
}
