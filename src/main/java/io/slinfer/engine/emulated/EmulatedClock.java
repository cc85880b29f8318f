package io.slinfer.engine.emulated;

/** The time in which an emulated device lives: the real one, a virtual one, or none. */
public interface EmulatedClock extends AutoCloseable {

  /** Time now, comparable by subtraction. */
  long nanoTime();

  /**
   * Runs a task after this long, on any thread; 0 is as soon as possible, never before the call
   * returns.
   */
  void after(long nanos, Runnable task);

  /** Drops what has not run yet. */
  @Override
  void close();
}
