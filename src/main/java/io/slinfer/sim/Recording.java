package io.slinfer.sim;

import io.slinfer.plot.GanttChart;
import io.slinfer.request.RequestLife;
import io.slinfer.scheduler.DeviceLoop;
import io.slinfer.scheduler.Instance;
import io.slinfer.scheduler.SchedulerListener;
import io.slinfer.scheduler.Timers;
import java.util.ArrayList;
import java.util.List;

/**
 * Keeps what the report draws: latencies of finished requests, memory of each device once a second,
 * and the steps of a short window in the middle of the run.
 */
public final class Recording implements SchedulerListener {

  private static final long SAMPLE_NANOS = 1_000_000_000L;
  private static final long WINDOW_NANOS = 3_000_000_000L;

  /** Memory of one device over time, in bytes: one sample a second. */
  public record Memory(
      String device, List<Double> seconds, List<Double> actual, List<Double> promised) {}

  private final List<Double> firstTokenSeconds = new ArrayList<>();
  private final List<Double> perTokenSeconds = new ArrayList<>();
  private final List<Memory> memory = new ArrayList<>();
  private final List<GanttChart.Bar> steps = new ArrayList<>();
  private Timers clock;
  private long windowStartNanos;

  /** Starts to sample; called once, before the run. */
  void watch(Timers timers, List<DeviceLoop> devices, long endNanos) {
    clock = timers;
    windowStartNanos = endNanos / 2;
    for (DeviceLoop device : devices) {
      if (device.spec().memoryMoves()) {
        Memory series =
            new Memory(
                device.spec().id().value(),
                new ArrayList<>(),
                new ArrayList<>(),
                new ArrayList<>());
        memory.add(series);
        sample(device, series, endNanos);
      }
    }
  }

  private void sample(DeviceLoop device, Memory series, long endNanos) {
    series.seconds().add(clock.nowNanos() / 1e9);
    series.actual().add((double) device.ledger().actualBytes());
    series.promised().add((double) device.ledger().promisedBytes());
    long next = clock.nowNanos() + SAMPLE_NANOS;
    if (next <= endNanos) {
      clock.at(next, () -> sample(device, series, endNanos));
    }
  }

  @Override
  public void stepEnded(Instance instance, long durationNanos) {
    long end = clock.nowNanos();
    if (end >= windowStartNanos && end < windowStartNanos + WINDOW_NANOS) {
      steps.add(
          new GanttChart.Bar(
              instance.device().id().value(),
              (end - durationNanos) / 1e9,
              end / 1e9,
              instance.model().value()));
    }
  }

  @Override
  public void finished(RequestLife request) {
    firstTokenSeconds.add(Metrics.timeToFirstToken(request));
    perTokenSeconds.add(Metrics.timePerOutputToken(request));
  }

  /** Seconds to the first token of each finished request. */
  public List<Double> firstTokenSeconds() {
    return firstTokenSeconds;
  }

  /** Mean seconds a token after the first of each finished request. */
  public List<Double> perTokenSeconds() {
    return perTokenSeconds;
  }

  /** Memory of the devices whose memory moves. */
  public List<Memory> memory() {
    return memory;
  }

  /** The steps of three seconds in the middle of the run. */
  public List<GanttChart.Bar> steps() {
    return steps;
  }
}
