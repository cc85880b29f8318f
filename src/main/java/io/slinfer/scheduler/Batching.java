package io.slinfer.scheduler;

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
  boolean compose(Instance instance, SchedulerListener listener);
}
