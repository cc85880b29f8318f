package io.slinfer.gateway.remote;

import io.slinfer.node.Command.Submit;
import io.slinfer.request.Failure;
import io.slinfer.request.RequestId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * One request on its way to a place: who was asked, who is asked next. First each node is asked for
 * a place now, then those that had none in the same order to let it wait. Confined to its gateway's
 * event loop.
 */
final class Attempt {

  private final Submit submit;
  private final String fingerprint;
  private final Deque<String> untried;
  private final List<String> full = new ArrayList<>();
  private final List<Failure> refusals = new ArrayList<>();
  private boolean waits;
  private String node;
  private long number;
  private boolean accepted;
  private boolean cancelled;

  /**
   * @param fingerprint of the model's file
   * @param nodes at least one, the first to ask first; a single one lets it wait at once
   */
  Attempt(Submit submit, String fingerprint, List<String> nodes) {
    this.submit = submit;
    this.fingerprint = fingerprint;
    this.untried = new ArrayDeque<>(nodes);
    this.waits = nodes.size() == 1;
  }

  RequestId id() {
    return submit.request().id();
  }

  Submit submit() {
    return submit;
  }

  /** Of its model's file. */
  String fingerprint() {
    return fingerprint;
  }

  /** Whether the node that is asked lets it wait. */
  boolean waits() {
    return waits;
  }

  /** The next node to ask; null if all have refused. */
  String next() {
    if (untried.isEmpty() && !waits) {
      waits = true;
      untried.addAll(full);
    }
    node = untried.poll();
    return node;
  }

  /** The node that is asked. */
  String node() {
    return node;
  }

  /** It is asked under this number. */
  void asked(long newNumber) {
    number = newNumber;
  }

  long number() {
    return number;
  }

  /** The node that is asked has refused. */
  void refused(Failure failure) {
    if (failure instanceof Failure.Overloaded && !waits) {
      full.add(node);
    } else {
      refusals.add(failure);
    }
  }

  /** What its caller is told when all have refused: the refusal that ends soonest. */
  Failure refusal() {
    Failure best = refusals.getFirst();
    for (Failure failure : refusals) {
      if (retryMillis(failure) < retryMillis(best)) {
        best = failure;
      }
    }
    return best;
  }

  private static long retryMillis(Failure failure) {
    return switch (failure) {
      case Failure.Overloaded overloaded -> overloaded.retryAfterMillis();
      case Failure.Unavailable unavailable -> unavailable.retryAfterMillis();
      case Failure.Unattainable _,
          Failure.Invalid _,
          Failure.NotFound _,
          Failure.Cancelled _,
          Failure.Internal _ ->
          Long.MAX_VALUE;
    };
  }

  void accept() {
    accepted = true;
  }

  boolean isAccepted() {
    return accepted;
  }

  void cancel() {
    cancelled = true;
  }

  boolean isCancelled() {
    return cancelled;
  }
}
