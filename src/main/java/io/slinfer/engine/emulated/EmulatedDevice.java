package io.slinfer.engine.emulated;

import io.slinfer.cost.MemoryTimes;

/**
 * The device that an engine stands for.
 *
 * @param name for people, such as {@code a100-80gb}
 * @param capacityBytes what weights and KV together may hold
 * @param times durations of memory work
 * @param speed everything is this many times as fast as the profile says; infinite costs no time
 */
public record EmulatedDevice(String name, long capacityBytes, MemoryTimes times, double speed) {

  public EmulatedDevice {
    if (!(speed > 0)) {
      throw new IllegalArgumentException("speed is " + speed + "; allowed: above 0");
    }
  }

  /** How long it takes what takes {@code nanos} by the profile. */
  long scaled(long nanos) {
    return Math.round(nanos / speed);
  }
}
