package io.slinfer.bench;

import io.slinfer.admission.Candidate;
import io.slinfer.admission.DeviceSnapshot;
import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.DeviceSpec;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.cost.MemoryTimes;
import io.slinfer.placement.ClusterView;
import io.slinfer.placement.Placement;
import io.slinfer.placement.PlacementPolicy;
import io.slinfer.request.DeviceId;
import io.slinfer.request.ModelId;
import io.slinfer.request.RequestId;
import io.slinfer.request.RequestLife;
import io.slinfer.request.Slo;
import io.slinfer.scheduler.DeviceDriver;
import io.slinfer.scheduler.DeviceLoop;
import io.slinfer.scheduler.Instance;
import io.slinfer.scheduler.SchedulerListener;
import io.slinfer.scheduler.SlinferPolicy;
import io.slinfer.scheduler.Timers;
import io.slinfer.testing.RandomDevices;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the scheduler itself costs: one step of a device (its tokens are taken, the next step is
 * chosen and put together), and one look for a place in a cluster. {@code scripts/bench-scheduler}
 * runs it with the GC profiler.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(2)
public class SchedulerBenchmark {

  private static final long STEP_NANOS = 5_000_000;
  private static final MemoryTimes TIMES =
      new MemoryTimes(250_000_000, 18, 1_200_000, 600, 100_000_000, 5_000_000, 1L << 37);

  /** A device that is at once with everything but steps. */
  static final class Bed implements DeviceDriver, Timers {

    final DeviceLoop loop;
    private final ArrayDeque<Instance> acting = new ArrayDeque<>();
    private Instance stepping;
    private long nowNanos;

    Bed(int index, int instances, int requests) {
      SlinferPolicy policy = SlinferPolicy.FULL;
      DeviceSpec spec =
          new DeviceSpec(
              new DeviceId("gpu:" + index), DeviceKind.GPU, 1L << 55, instances, 16, 0, 4);
      loop =
          new DeviceLoop(
              index, spec, policy.settings(spec, TIMES), this, new SchedulerListener() {});
      loop.connect(
          this,
          new DeviceLoop.Upstream() {
            @Override
            public void finished(RequestLife request) {}

            @Override
            public void evicted(List<RequestLife> evicted) {}
          });
      loop.correctCosts();
      InstanceCosts costs = RandomDevices.costs(new Random(index));
      for (int i = 0; i < requests; i++) {
        RequestLife request = request("d" + index + "i" + i % instances, i);
        if (i < instances) {
          loop.open(request, costs, 4096, List.of());
        } else {
          loop.join(request, loop.instances().get(i % instances).index(), 4096, List.of());
        }
      }
      answer();
      for (int i = 0; i < 3 * instances; i++) {
        step();
      }
    }

    private RequestLife request(String model, int index) {
      return new RequestLife(
          new RequestId("r" + index),
          new ModelId(model),
          200 + index % 100,
          Slo.forPromptTokens(200),
          nowNanos,
          SlinferPolicy.FULL.deadlines());
    }

    /** Ends the running step and so begins the next. */
    void step() {
      Instance ended = stepping;
      stepping = null;
      nowNanos += STEP_NANOS;
      loop.onStepped(ended, output -> false);
      answer();
    }

    private void answer() {
      while (!acting.isEmpty()) {
        loop.onActionDone(acting.removeFirst(), 1);
      }
    }

    @Override
    public void step(Instance instance) {
      stepping = instance;
    }

    @Override
    public void load(Instance instance) {
      acting.addLast(instance);
    }

    @Override
    public void resize(Instance instance, int fromBlocks, int toBlocks, int liveBlocks) {
      acting.addLast(instance);
    }

    @Override
    public void evict(Instance instance) {
      acting.addLast(instance);
    }

    @Override
    public void exportKv(Instance instance, List<RequestLife> requests, long bytes) {
      acting.addLast(instance);
    }

    @Override
    public void importKv(Instance instance, List<RequestLife> requests, long bytes) {
      acting.addLast(instance);
    }

    @Override
    public void unload(Instance instance) {
      acting.addLast(instance);
    }

    @Override
    public long nowNanos() {
      return nowNanos;
    }

    @Override
    public void at(long atNanos, Runnable task) {}
  }

  /** One device with 32 instances. */
  @State(Scope.Thread)
  public static class OneDevice {

    @Param({"64", "256", "2048"})
    int requests;

    Bed bed;

    /** New requests now and then, else they grow without end. */
    @Setup(Level.Iteration)
    public void fill() {
      bed = new Bed(0, 32, requests);
    }
  }

  /** Sixteen devices with 64 requests on 8 instances each, and a request that fits nowhere. */
  @State(Scope.Thread)
  public static class Cluster {

    final List<Bed> beds = new ArrayList<>();
    PlacementPolicy policy;
    InstanceCosts costs;
    Candidate known;
    Candidate late;

    @Setup(Level.Iteration)
    public void fill() {
      beds.clear();
      for (int i = 0; i < 16; i++) {
        beds.add(new Bed(i, 8, 64));
      }
      policy = SlinferPolicy.FULL.placement(TIMES);
      costs = RandomDevices.costs(new Random(1));
      long nowNanos = beds.getFirst().nowNanos();
      known = new Candidate(new ModelId("d15i7"), 300, nowNanos + 2_000_000_000, 250_000_000);
      late = new Candidate(new ModelId("d15i7"), 300, nowNanos, 250_000_000);
    }

    ClusterView view() {
      List<DeviceSnapshot> snapshots = new ArrayList<>(beds.size());
      for (Bed bed : beds) {
        snapshots.add(bed.loop.snapshot());
      }
      return new ClusterView(
          snapshots, (model, kind) -> costs, 0, model -> 0.1, Map.of(), Map.of());
    }
  }

  @Benchmark
  public void step(OneDevice device) {
    device.bed.step();
  }

  @Benchmark
  public Placement joins(Cluster cluster) {
    return cluster.policy.place(cluster.known, cluster.view(), cluster.beds.getFirst().nowNanos());
  }

  @Benchmark
  public Placement fitsNowhere(Cluster cluster) {
    return cluster.policy.place(cluster.late, cluster.view(), cluster.beds.getFirst().nowNanos());
  }

  /** As the one before, and all devices have stepped since the last look. */
  @Benchmark
  public Placement fitsNowhereAfterAStepEverywhere(Cluster cluster) {
    for (Bed bed : cluster.beds) {
      bed.step();
    }
    return cluster.policy.place(cluster.late, cluster.view(), cluster.beds.getFirst().nowNanos());
  }
}
