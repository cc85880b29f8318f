package io.slinfer.recording;

import io.slinfer.scheduler.Timers;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Executor;

/** The owner of a node that is replayed: its time is the recording's, its timers run when told. */
final class ReplayClock implements Timers, Executor {

  private final Map<Long, Runnable> timers = new HashMap<>();
  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private long nowNanos;
  private long lastTimer;
  private boolean running;

  void set(long newNanos) {
    if (newNanos - nowNanos < 0 && lastTimer > 0) {
      throw new BadRecordingException("time goes backwards");
    }
    nowNanos = newNanos;
  }

  @Override
  public long nowNanos() {
    return nowNanos;
  }

  @Override
  public void at(long atNanos, Runnable task) {
    timers.put(++lastTimer, task);
  }

  /** Runs the timer that was set as the n-th. */
  void fire(long number) {
    Runnable task = timers.remove(number);
    if (task == null) {
      throw new BadRecordingException("timer " + number + " ran out, but the node has not set it");
    }
    execute(task);
  }

  /** Runs a task now, or after the one that runs. */
  @Override
  public void execute(Runnable task) {
    tasks.add(task);
    if (!running) {
      running = true;
      try {
        for (Runnable next = tasks.poll(); next != null; next = tasks.poll()) {
          next.run();
        }
      } finally {
        running = false;
      }
    }
  }
}
