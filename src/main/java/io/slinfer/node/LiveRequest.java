package io.slinfer.node;

import io.slinfer.engine.KvImage;
import io.slinfer.engine.Sequence;
import io.slinfer.node.Command.Submit;
import io.slinfer.request.Failure;
import io.slinfer.request.FinishReason;
import io.slinfer.request.InferenceRequest;
import io.slinfer.request.RequestId;
import io.slinfer.request.RequestLife;

/**
 * What belongs to a request on its node beside its life: its tokens, where its events go, when it
 * ends. Confined to the node's owner.
 */
final class LiveRequest {

  private final Submit submit;
  private final Sequence sequence;
  private RequestLife life;
  private int tokenLimit;
  private boolean accepted;
  private boolean started;
  private boolean cancelled;
  private long closedNanos;
  private long startedNanos;
  private int cachedTokens;
  private FinishReason reason;
  private Failure failure;
  private KvImage image;

  LiveRequest(Submit submit) {
    this.submit = submit;
    InferenceRequest request = submit.request();
    this.sequence = new Sequence(request.id(), request.promptTokens(), request.sampling());
  }

  RequestId id() {
    return submit.request().id();
  }

  InferenceRequest request() {
    return submit.request();
  }

  Submit submit() {
    return submit;
  }

  Sequence sequence() {
    return sequence;
  }

  /** Its life; null until its model's costs are known. */
  RequestLife life() {
    return life;
  }

  /**
   * It can be scheduled.
   *
   * @param mostTokens the longest that it may become, prompt included
   */
  void live(RequestLife newLife, int mostTokens) {
    life = newLife;
    tokenLimit = mostTokens;
  }

  /** Its caller was told that it will be served; true the first time. */
  boolean accept() {
    boolean first = !accepted;
    accepted = true;
    return first;
  }

  boolean isAccepted() {
    return accepted;
  }

  void cancel(long atNanos) {
    cancelled = true;
    closedNanos = atNanos;
  }

  boolean isCancelled() {
    return cancelled;
  }

  /** When its caller went away. */
  long closedNanos() {
    return closedNanos;
  }

  /** Takes part in a step; true the first time. */
  boolean start(long nowNanos) {
    boolean first = !started;
    if (first) {
      started = true;
      startedNanos = nowNanos;
    }
    return first;
  }

  boolean isStarted() {
    return started;
  }

  /** When its first step began. */
  long startedNanos() {
    return startedNanos;
  }

  /** How much of its prompt was found in the cache, the first time it was looked for. */
  int cachedTokens() {
    return cachedTokens;
  }

  void cachedTokens(int tokens) {
    if (!started) {
      cachedTokens = tokens;
    }
  }

  /** Takes a drawn token; true if the generation ends with it. */
  boolean take(int token) {
    sequence.append(token);
    if (endsWith(token)) {
      reason = FinishReason.STOP;
    } else if (sequence.generated() >= request().maxOutputTokens()
        || sequence.length() >= tokenLimit) {
      reason = FinishReason.LENGTH;
    }
    return reason != null;
  }

  private boolean endsWith(int token) {
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

  /** Why it ended by itself; null while it goes on. */
  FinishReason reason() {
    return reason;
  }

  /** What went wrong on a device; null if nothing. */
  Failure failure() {
    return failure;
  }

  void failure(Failure cause) {
    failure = cause;
  }

  /** Its keys and values on the host; null if there are none. */
  KvImage image() {
    return image;
  }

  /** Keeps an image, and frees the one before it. */
  void image(KvImage copied) {
    if (image != null) {
      image.close();
    }
    image = copied;
  }

  TokenEvent.Usage usage() {
    return new TokenEvent.Usage(sequence.promptLength(), cachedTokens, sequence.generated());
  }
}
