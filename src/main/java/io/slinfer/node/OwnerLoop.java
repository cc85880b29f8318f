package io.slinfer.node;

import io.slinfer.scheduler.Timers;
import io.vertx.core.Context;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * The one event loop on which all scheduling of a node happens: admission and every device. What
 * admission sees of the devices is therefore one moment, without a lock. Bound to the context of
 * the verticle that starts first; until then nothing may be run.
 */
public final class OwnerLoop implements Timers, Executor {

  private volatile Context context;

  /** Makes a verticle's event loop the owner. */
  public void bind(Context owner) {
    context = owner;
  }

  @Override
  public long nowNanos() {
    return System.nanoTime();
  }

  /** Any thread; tasks run in the order given. */
  @Override
  public void execute(Runnable task) {
    context.runOnContext(nothing -> task.run());
  }

  /** The owner only. Times are rounded up to whole milliseconds. */
  @Override
  public void at(long atNanos, Runnable task) {
    long delayNanos = atNanos - nowNanos();
    if (delayNanos <= 0) {
      execute(task);
    } else {
      long millis = Math.ceilDiv(delayNanos, TimeUnit.MILLISECONDS.toNanos(1));
      context.owner().setTimer(millis, timer -> task.run());
    }
  }
}
