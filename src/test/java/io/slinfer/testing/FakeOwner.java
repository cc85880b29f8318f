package io.slinfer.testing;

import io.slinfer.scheduler.Timers;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.Executor;

/** An owner's thread in virtual time: tasks run when the test lets them, one after the other. */
public final class FakeOwner implements Timers, Executor {

  private record Task(long atNanos, long number, Runnable action) {}

  private static final int MOST_TASKS = 2_000_000;

  private final PriorityQueue<Task> tasks =
      new PriorityQueue<>(Comparator.comparingLong(Task::atNanos).thenComparing(Task::number));
  private final Runnable afterEach;
  private long nowNanos = 1_000_000_000L;
  private long count;

  /**
   * @param afterEach runs after each task, for checks
   */
  public FakeOwner(Runnable afterEach) {
    this.afterEach = afterEach;
  }

  @Override
  public long nowNanos() {
    return nowNanos;
  }

  @Override
  public void at(long atNanos, Runnable task) {
    tasks.add(new Task(Math.max(atNanos, nowNanos), count++, task));
  }

  @Override
  public void execute(Runnable task) {
    at(nowNanos, task);
  }

  /** Runs a task after this long. */
  public void after(long nanos, Runnable task) {
    at(nowNanos + nanos, task);
  }

  /** Runs all that is due within this long, and lets that time pass. */
  public void run(long nanos) {
    long endNanos = nowNanos + nanos;
    for (int i = 0; !tasks.isEmpty() && tasks.peek().atNanos() <= endNanos; i++) {
      if (i > MOST_TASKS) {
        throw new AssertionError("the tasks go round in circles");
      }
      Task next = tasks.remove();
      nowNanos = next.atNanos();
      next.action().run();
      afterEach.run();
    }
    nowNanos = endNanos;
  }
}
