package io.slinfer.sim;

import io.slinfer.cost.DeviceKind;
import io.slinfer.request.RequestLife;
import io.slinfer.scheduler.Instance;
import io.slinfer.scheduler.MemoryAction;
import io.slinfer.scheduler.SchedulerListener;
import io.slinfer.scheduler.Timers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Counts what a report needs. SLO met: as the README of the reference data defines it. */
final class Metrics implements SchedulerListener {

  private final Timers timers;
  private final long endNanos;
  private final List<RequestLife> finished = new ArrayList<>();
  private final Map<String, Integer> instances = new HashMap<>();
  private final double[] usedNanos = new double[DeviceKind.values().length];
  private final int[] usedDevices = new int[DeviceKind.values().length];
  private long countedNanos;
  private int loads;
  private int preemptions;
  private long kvScaleNanos;

  /**
   * @param endNanos when arrivals end; devices used are counted up to then
   */
  Metrics(Timers timers, long endNanos) {
    this.timers = timers;
    this.endNanos = endNanos;
  }

  @Override
  public void finished(RequestLife request) {
    finished.add(request);
  }

  @Override
  public void instanceCreated(Instance instance) {
    countUse();
    if (instances.merge(instance.device().id().value(), 1, Integer::sum) == 1) {
      usedDevices[instance.device().kind().ordinal()]++;
    }
  }

  @Override
  public void instanceRemoved(Instance instance) {
    countUse();
    if (instances.merge(instance.device().id().value(), -1, Integer::sum) == 0) {
      usedDevices[instance.device().kind().ordinal()]--;
    }
  }

  private void countUse() {
    long nowNanos = Math.min(timers.nowNanos(), endNanos);
    for (int kind = 0; kind < usedNanos.length; kind++) {
      usedNanos[kind] += (double) usedDevices[kind] * (nowNanos - countedNanos);
    }
    countedNanos = nowNanos;
  }

  @Override
  public void memoryActed(Instance instance, MemoryAction action, long durationNanos) {
    switch (action.kind()) {
      case LOAD -> loads++;
      case RESIZE -> kvScaleNanos += durationNanos;
      case EVICT, EXPORT -> preemptions++;
      case IMPORT, SET_ASIDE, BRING_BACK, UNLOAD -> {}
    }
  }

  Report report(int requests, double wallSeconds) {
    countUse();
    int met = 0;
    int strict = 0;
    double[] ttft = new double[finished.size()];
    double[] tpot = new double[finished.size()];
    for (int i = 0; i < ttft.length; i++) {
      RequestLife request = finished.get(i);
      ttft[i] = timeToFirstToken(request);
      tpot[i] = timePerOutputToken(request);
      double limit = Math.max(request.promptTokens() / 512.0, 0.5);
      boolean paced = tpot[i] < 0.25;
      met += paced && ttft[i] < limit + millis(request.graceNanos()) ? 1 : 0;
      strict += paced && ttft[i] < limit ? 1 : 0;
    }
    Arrays.sort(ttft);
    Arrays.sort(tpot);
    return new Report(
        requests,
        finished.size(),
        requests - finished.size(),
        met,
        requests == 0 ? 1 : (double) met / requests,
        strict,
        percentile(ttft, 0.50),
        percentile(ttft, 0.95),
        percentile(ttft, 0.99),
        percentile(tpot, 0.50),
        percentile(tpot, 0.95),
        percentile(tpot, 0.99),
        usedNanos[DeviceKind.CPU.ordinal()] / endNanos,
        usedNanos[DeviceKind.GPU.ordinal()] / endNanos,
        loads,
        preemptions,
        0,
        kvScaleNanos / 1e9,
        wallSeconds);
  }

  /** Seconds from arrival to the first token, rounded to milliseconds as the reference does. */
  static double timeToFirstToken(RequestLife request) {
    return millis(request.firstTokenNanos() - request.arrivalNanos());
  }

  /** Mean seconds for each token after the first, rounded to milliseconds. */
  static double timePerOutputToken(RequestLife request) {
    int later = request.generatedTokens() - 1;
    return later == 0 ? 0 : millis((request.lastTokenNanos() - request.firstTokenNanos()) / later);
  }

  private static double millis(long nanos) {
    return Math.round(nanos / 1e6) / 1e3;
  }

  private static double percentile(double[] sorted, double part) {
    return sorted.length == 0 ? 0 : sorted[(int) Math.min(sorted.length - 1, part * sorted.length)];
  }
}
