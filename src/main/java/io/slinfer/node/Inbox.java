package io.slinfer.node;

import io.slinfer.node.Command.Cancel;
import io.slinfer.node.Command.Revoke;
import io.slinfer.node.Command.Submit;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Commands on their way to a node. Bounded by the requests that wait, here or there, for their
 * first step: one more is refused at once. Cancels are always taken; there is at most one for each
 * request.
 */
public final class Inbox {

  private final Queue<Command> commands = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final int maxWaiting;
  private final LongSupplier nanoClock;
  private final Runnable wakeUp;
  private final WaitingPace pace = new WaitingPace();

  /**
   * @param wakeUp called after each command, on any thread: has the owner poll soon
   */
  Inbox(int maxWaiting, LongSupplier nanoClock, Runnable wakeUp) {
    this.maxWaiting = maxWaiting;
    this.nanoClock = nanoClock;
    this.wakeUp = wakeUp;
  }

  // Any thread.

  /** False if the node has as many waiting requests as it may have. */
  public boolean submit(Submit command) {
    int now;
    do {
      now = waiting.get();
      if (now >= maxWaiting) {
        return false;
      }
    } while (!waiting.compareAndSet(now, now + 1));
    if (now == 0) {
      pace.waitingBegins(nanoClock.getAsLong());
    }
    put(command);
    return true;
  }

  public void cancel(Cancel command) {
    put(command);
  }

  /** Ends a request for another reason than that its caller is gone. */
  public void revoke(Revoke command) {
    put(command);
  }

  /** Requests that wait for their first step. */
  public int waiting() {
    return waiting.get();
  }

  /** Requests that may wait for their first step. */
  public int maxWaiting() {
    return maxWaiting;
  }

  /** When one more place is likely to be free, if none is now. */
  public long placeFreeMillis() {
    return pace.millisFor(1, nanoClock.getAsLong());
  }

  /** When all places are likely to be free, if none is now and nothing more comes. */
  public long allFreeMillis() {
    return pace.millisFor(maxWaiting, nanoClock.getAsLong());
  }

  private void put(Command command) {
    commands.add(command);
    wakeUp.run();
  }

  // The node's owner.

  /** Hands over up to {@code limit} commands in order; wakes the owner again if more are left. */
  void drain(int limit, Consumer<Command> owner) {
    for (int i = 0; i < limit; i++) {
      Command command = commands.poll();
      if (command == null) {
        return;
      }
      owner.accept(command);
    }
    if (!commands.isEmpty()) {
      wakeUp.run();
    }
  }

  /** A submitted request waits no more: it takes part in a step, or has ended. */
  void waitsNoMore() {
    pace.placeFreed(nanoClock.getAsLong());
    int left = waiting.decrementAndGet();
    assert left >= 0 : left;
  }
}
