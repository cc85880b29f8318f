package io.slinfer.scheduler;

/** The time of the owner's thread, and calls on that thread at a later time. */
public interface Timers {

  /** Now, in nanoseconds of an arbitrary origin. */
  long nowNanos();

  /** Runs a task on the owner's thread at {@code atNanos}, or at once if that is past. */
  void at(long atNanos, Runnable task);
}
