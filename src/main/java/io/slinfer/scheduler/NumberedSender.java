package io.slinfer.scheduler;

import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Consumer;

/**
 * The sending end of a stream of messages that arrives whole and in order over a network that may
 * lose, delay and repeat: messages are numbered, kept until they are acknowledged, and sent again
 * when that takes too long. Bounded: a full window refuses.
 *
 * <p>Confined to its owner's thread.
 *
 * @param <M> the messages
 */
public final class NumberedSender<M> {

  /** A message on its way. */
  public record Frame<M>(long number, M message) {}

  private final int window;
  private final long resendNanos;
  private final Timers timers;
  private final Consumer<Frame<M>> network;
  private final ArrayDeque<Frame<M>> unacknowledged = new ArrayDeque<>();
  private long nextNumber;
  private boolean timerRuns;

  /**
   * @param window most messages that may wait for their acknowledgement
   * @param resendNanos how long an acknowledgement may take
   * @param network carries a frame away, or loses it
   */
  public NumberedSender(int window, long resendNanos, Timers timers, Consumer<Frame<M>> network) {
    this.window = window;
    this.resendNanos = resendNanos;
    this.timers = timers;
    this.network = network;
  }

  /** Sends a message; false, and nothing done, if the window is full. */
  public boolean send(M message) {
    if (unacknowledged.size() == window) {
      return false;
    }
    Frame<M> frame = new Frame<>(nextNumber++, message);
    unacknowledged.addLast(frame);
    network.accept(frame);
    startTimer();
    return true;
  }

  /**
   * The receiver has everything below {@code nextExpected}; older acknowledgements change nothing.
   */
  public void onAcknowledged(long nextExpected) {
    while (!unacknowledged.isEmpty() && unacknowledged.peekFirst().number() < nextExpected) {
      unacknowledged.removeFirst();
    }
  }

  /** How many messages wait for their acknowledgement. */
  public int unacknowledged() {
    return unacknowledged.size();
  }

  private void startTimer() {
    if (!timerRuns) {
      timerRuns = true;
      long oldest = unacknowledged.peekFirst().number();
      timers.at(timers.nowNanos() + resendNanos, () -> resend(oldest));
    }
  }

  /** Sends everything again if the oldest message is still the one that the timer was set for. */
  private void resend(long oldest) {
    timerRuns = false;
    if (unacknowledged.isEmpty()) {
      return;
    }
    if (unacknowledged.peekFirst().number() == oldest) {
      List.copyOf(unacknowledged).forEach(network);
    }
    startTimer();
  }
}
