package io.slinfer.sim;

import io.slinfer.request.RequestId;
import io.slinfer.request.RequestLife;
import io.slinfer.scheduler.Instance;
import io.slinfer.scheduler.NumberedReceiver;
import io.slinfer.scheduler.NumberedSender;
import io.slinfer.scheduler.SchedulerListener;
import io.slinfer.scheduler.Timers;
import java.util.HashMap;
import java.util.Map;

/**
 * What callers see: token and ending events travel from the scheduler to the callers' gateway over
 * a network that loses and delays them as the faults say. Checks that every caller gets its tokens
 * in order, each once, and exactly one ending.
 */
final class Delivery implements SchedulerListener {

  private static final long RESEND_NANOS = 50_000_000;

  /**
   * A message.
   *
   * @param token index of a token, or -1 for the ending
   */
  private record Event(RequestId request, int token) {}

  private final NumberedSender<Event> sender;
  private final NumberedReceiver<Event> receiver = new NumberedReceiver<>(this::receive);
  private final Map<RequestId, Integer> received = new HashMap<>();
  private final Map<RequestId, Integer> endings = new HashMap<>();
  private final LossyNetwork network;
  private int sentEndings;

  Delivery(Timers timers, LossyNetwork network) {
    this.network = network;
    this.sender =
        new NumberedSender<>(
            Integer.MAX_VALUE,
            RESEND_NANOS,
            timers,
            frame -> network.transmit(() -> acknowledge(receiver.onFrame(frame))));
  }

  @Override
  public void token(RequestLife request, Instance instance) {
    sender.send(new Event(request.id(), request.generatedTokens() - 1));
  }

  @Override
  public void finished(RequestLife request) {
    end(request);
  }

  @Override
  public void refused(RequestLife request, String reason) {
    end(request);
  }

  /** Checks, once the network is quiet, that everything arrived. */
  void checkComplete() {
    require(sender.unacknowledged() == 0, sender.unacknowledged() + " events never arrived");
    require(
        endings.size() == sentEndings, endings.size() + " of " + sentEndings + " endings arrived");
  }

  private void end(RequestLife request) {
    sentEndings++;
    sender.send(new Event(request.id(), -1));
  }

  private void acknowledge(long nextExpected) {
    network.transmit(() -> sender.onAcknowledged(nextExpected));
  }

  private void receive(Event event) {
    require(!endings.containsKey(event.request()), event + " after its request's ending");
    if (event.token() < 0) {
      endings.put(event.request(), 1);
      return;
    }
    int expected = received.getOrDefault(event.request(), 0);
    require(event.token() == expected, event + ", expected token " + expected);
    received.put(event.request(), expected + 1);
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new IllegalStateException("delivery: " + what);
    }
  }
}
