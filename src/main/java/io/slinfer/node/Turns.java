package io.slinfer.node;

import io.slinfer.scheduler.Timers;

/**
 * The node's time: it stands still within a turn, that is while the node deals with one thing that
 * came from outside. What a node decides follows from its turns alone, so it can be recorded and
 * played again.
 *
 * <p>Confined to the node's owner.
 */
final class Turns implements Timers {

  private final Timers clock;
  private final NodeRecorder recorder;
  private boolean turning;
  private long nowNanos;
  private long lastTimer;

  Turns(Timers clock, NodeRecorder recorder) {
    this.clock = clock;
    this.recorder = recorder;
  }

  /** Deals with what came from outside. */
  void take(Input input, Runnable task) {
    assert !turning : input + " comes within a turn";
    turning = true;
    nowNanos = clock.nowNanos();
    recorder.turn(nowNanos, input);
    try {
      task.run();
    } finally {
      turning = false;
    }
  }

  @Override
  public long nowNanos() {
    return turning ? nowNanos : clock.nowNanos();
  }

  @Override
  public void at(long atNanos, Runnable task) {
    long number = ++lastTimer;
    clock.at(atNanos, () -> take(new Input.Timer(number), task));
  }
}
