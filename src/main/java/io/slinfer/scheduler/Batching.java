package io.slinfer.scheduler;

import java.util.function.LongSupplier;

/** Decides what the next step of an instance computes. */
public interface Batching {

  /** Whether {@link #compose} would find work. */
  boolean hasWork(Instance instance);

  /**
   * Fills {@code instance.batch()} and takes the blocks it needs. It may drop the cache of requests
   * for want of blocks.
   *
   * @return whether there is work
   */
  boolean compose(Instance instance, Turn turn);

  /**
   * The circumstances of one step.
   *
   * @param spareNanos how long it may take before it makes a token of another instance late;
   *     negative when one is late already, Long.MAX_VALUE when no other instance waits
   * @param driver the device, which may know parts of a prompt already
   */
  record Turn(
      long nowNanos, LongSupplier spareNanos, DeviceDriver driver, SchedulerListener listener) {}
}
