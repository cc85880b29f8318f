package io.slinfer.engine.emulated;

import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Real time, by one thread. What is due at once goes to the owner directly. Any thread. */
public final class RealClock implements EmulatedClock {

  private final Executor owner;
  private final ScheduledThreadPoolExecutor timer;

  /**
   * @param owner runs tasks on the device owner's thread, never before the call returns
   */
  public RealClock(Executor owner) {
    this.owner = owner;
    timer =
        new ScheduledThreadPoolExecutor(
            1, task -> Thread.ofPlatform().name("slinfer-emulated").daemon(true).unstarted(task));
    timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public void after(long nanos, Runnable task) {
    if (nanos <= 0) {
      owner.execute(task);
    } else if (!timer.isShutdown()) {
      timer.schedule(() -> owner.execute(task), nanos, TimeUnit.NANOSECONDS);
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
