package io.slinfer.sim;

import io.slinfer.scheduler.Timers;
import java.util.PriorityQueue;

/** Virtual time: tasks run in the order of their times, those of equal time in order of request. */
final class VirtualClock implements Timers {

  private record Task(long atNanos, long sequence, Runnable work) implements Comparable<Task> {
    @Override
    public int compareTo(Task other) {
      int byTime = Long.compare(atNanos, other.atNanos);
      return byTime != 0 ? byTime : Long.compare(sequence, other.sequence);
    }
  }

  private final PriorityQueue<Task> tasks = new PriorityQueue<>();
  private long nowNanos;
  private long sequence;

  @Override
  public long nowNanos() {
    return nowNanos;
  }

  @Override
  public void at(long atNanos, Runnable task) {
    tasks.add(new Task(Math.max(atNanos, nowNanos), sequence++, task));
  }

  /** Runs the next task if it is due by {@code endNanos}; false when there is none. */
  boolean step(long endNanos) {
    Task next = tasks.peek();
    if (next == null || next.atNanos() > endNanos) {
      nowNanos = endNanos;
      return false;
    }
    tasks.remove();
    nowNanos = next.atNanos();
    next.work().run();
    return true;
  }
}
