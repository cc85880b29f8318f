package io.slinfer.scheduler;

import io.slinfer.cost.CostCorrection;
import io.slinfer.cost.DeviceSpec;
import io.slinfer.memory.Ledger;
import java.util.ArrayList;
import java.util.List;

/**
 * What the parts of one device's loop share.
 *
 * <p>Confined to the device's owner.
 */
final class DeviceState {

  /** What the last load counts beside those before. */
  private static final double LOAD_WEIGHT = 0.25;

  final DeviceSpec spec;
  final DeviceSettings settings;
  final Timers timers;
  final SchedulerListener listener;
  final List<Instance> instances = new ArrayList<>();
  final Ledger ledger;
  final MemoryWork memory;
  final HostKv hostKv;

  /** Starts what can start; for work that a timer does. */
  final Runnable run;

  DeviceDriver driver;
  DeviceLoop.Upstream upstream;

  /** Null if nobody asked for it. */
  CostCorrection correction;

  /** Whether the device is there. */
  boolean present = true;

  private double loadNanosPerByte;
  private boolean changed = true;

  DeviceState(
      DeviceSpec spec,
      DeviceSettings settings,
      Timers timers,
      SchedulerListener listener,
      Runnable run) {
    this.spec = spec;
    this.settings = settings;
    this.timers = timers;
    this.listener = listener;
    this.run = run;
    this.ledger = new Ledger(spec.capacityBytes());
    this.memory = new MemoryWork(ledger, instances, settings.residence().keepsPrefixes());
    this.hostKv = new HostKv(spec, settings.mostPausedBytes(), instances);
  }

  /** A picture of the device taken before is old. */
  void changed() {
    changed = true;
  }

  /** Whether anything has changed since the last call. */
  boolean takeChanged() {
    boolean was = changed;
    changed = false;
    return was;
  }

  Instance instance(int index) {
    for (Instance instance : instances) {
      if (instance.index() == index) {
        return instance;
      }
    }
    throw new IllegalArgumentException("no instance " + index + " on " + spec.id());
  }

  /** Whether KV follows the requests while they run. */
  boolean relieves() {
    return settings.growWhileDecoding() && spec.memoryMoves();
  }

  /** A load has ended. */
  void loaded(Instance instance, long durationNanos) {
    double each = Math.max(1, durationNanos) / (double) instance.costs().shape().weightBytes();
    loadNanosPerByte += (each - loadNanosPerByte) * (loadNanosPerByte == 0 ? 1 : LOAD_WEIGHT);
  }

  /** What loads took lately; 0 before the first. */
  double loadNanosPerByte() {
    return loadNanosPerByte;
  }

  /** How many times longer than their profiles say steps take. */
  double costFactor() {
    return correction == null ? 1 : correction.deviceFactor();
  }
}
