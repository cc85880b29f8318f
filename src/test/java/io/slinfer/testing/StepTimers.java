package io.slinfer.testing;

import io.slinfer.scheduler.Timers;
import java.util.Comparator;
import java.util.PriorityQueue;

/** Time that stands still until it is moved to the next task. */
public final class StepTimers implements Timers {

  private record Task(long atNanos, long order, Runnable work) {}

  private final PriorityQueue<Task> tasks =
      new PriorityQueue<>(Comparator.comparingLong(Task::atNanos).thenComparingLong(Task::order));
  private long nowNanos;
  private long order;

  @Override
  public long nowNanos() {
    return nowNanos;
  }

  @Override
  public void at(long atNanos, Runnable task) {
    tasks.add(new Task(atNanos, order++, task));
  }

  /** Moves on to the next task and runs it; false if there is none. */
  public boolean step() {
    Task next = tasks.poll();
    if (next == null) {
      return false;
    }
    nowNanos = Math.max(nowNanos, next.atNanos());
    next.work().run();
    return true;
  }
}
