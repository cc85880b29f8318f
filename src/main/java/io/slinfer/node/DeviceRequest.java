package io.slinfer.node;

import io.slinfer.engine.ModelSource;
import io.slinfer.engine.Sequence;
import io.slinfer.node.DeviceCommand.Submit;
import io.slinfer.request.InferenceRequest;
import io.slinfer.request.RequestId;
import java.util.Comparator;

/**
 * One request on its device, from the inbox to its terminal event. Confined to the device's owner.
 */
final class DeviceRequest {

  /** Who goes first, for good: higher priority, then the earlier first-token deadline. */
  static final Comparator<DeviceRequest> SENIORITY = DeviceRequest::compareSeniority;

  /** Where a request stands. */
  enum State {
    /** Not yet in a step. */
    WAITING,
    /** Holds KV blocks and takes part in steps. */
    RUNNING,
    /** Gave its KV blocks to a more senior one and will be computed again. */
    PREEMPTED,
    /** Its terminal event was sent. */
    ENDED
  }

  private final Submit submit;
  private final Sequence sequence;
  private final long order;
  private State state = State.WAITING;
  private boolean cancelled;
  private long closedNanos;
  private boolean started;
  private int cachedTokens;
  private long startedNanos;
  private long firstTokenNanos;

  /**
   * @param order counts the device's requests
   */
  DeviceRequest(Submit submit, long order) {
    this.submit = submit;
    this.order = order;
    InferenceRequest request = submit.request();
    this.sequence = new Sequence(request.id(), request.promptTokens(), request.sampling());
  }

  RequestId id() {
    return submit.request().id();
  }

  InferenceRequest request() {
    return submit.request();
  }

  ModelSource source() {
    return submit.source();
  }

  TokenOutlet outlet() {
    return submit.outlet();
  }

  Sequence sequence() {
    return sequence;
  }

  State state() {
    return state;
  }

  void state(State next) {
    assert state != State.ENDED : "a request ends once";
    state = next;
  }

  /** When its next token is due. */
  long deadlineNanos() {
    return request().deadlineNanos(sequence.generated());
  }

  boolean cancelled() {
    return cancelled;
  }

  /** When the caller went away, if {@link #cancelled}. */
  long closedNanos() {
    return closedNanos;
  }

  void cancel(long nowNanos) {
    cancelled = true;
    closedNanos = nowNanos;
  }

  /** First takes part in a step, with this much of its prompt found in the cache. */
  void start(int prefixTokens, long nowNanos) {
    started = true;
    cachedTokens = prefixTokens;
    startedNanos = nowNanos;
  }

  /** Whether it has taken part in a step. */
  boolean started() {
    return started;
  }

  long startedNanos() {
    return startedNanos;
  }

  void firstToken(long nowNanos) {
    firstTokenNanos = nowNanos;
  }

  long firstTokenNanos() {
    return firstTokenNanos;
  }

  boolean endsWith(int token) {
    if (request().ignoreEos()) {
      return false;
    }
    for (int end : submit.endTokens()) {
      if (end == token) {
        return true;
      }
    }
    return false;
  }

  TokenEvent.Usage usage() {
    return new TokenEvent.Usage(sequence.promptLength(), cachedTokens, sequence.generated());
  }

  private static int compareSeniority(DeviceRequest a, DeviceRequest b) {
    int byPriority = Integer.compare(b.request().priority(), a.request().priority());
    if (byPriority != 0) {
      return byPriority;
    }
    long sooner = a.request().deadlineNanos(0) - b.request().deadlineNanos(0);
    return sooner != 0 ? Long.signum(sooner) : Long.compare(a.order, b.order);
  }
}
