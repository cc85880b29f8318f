package io.slinfer.scheduler;

import io.slinfer.scheduler.NumberedSender.Frame;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * The receiving end of a {@link NumberedSender}: hands messages on in the order in which they were
 * sent, each once, whatever the network did to them.
 *
 * <p>Confined to its owner's thread.
 *
 * @param <M> the messages
 */
public final class NumberedReceiver<M> {

  private final Consumer<M> consumer;
  private final TreeMap<Long, M> early = new TreeMap<>();
  private long nextExpected;

  public NumberedReceiver(Consumer<M> consumer) {
    this.consumer = consumer;
  }

  /**
   * Takes a frame.
   *
   * @return the acknowledgement to send back: the number of the first message that is still missing
   */
  public long onFrame(Frame<M> frame) {
    if (frame.number() >= nextExpected) {
      early.put(frame.number(), frame.message());
    }
    while (!early.isEmpty() && early.firstKey() == nextExpected) {
      nextExpected++;
      consumer.accept(early.pollFirstEntry().getValue());
    }
    return nextExpected;
  }
}
