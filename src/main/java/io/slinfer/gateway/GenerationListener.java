package io.slinfer.gateway;

import io.slinfer.request.Failure;
import io.slinfer.request.FinishReason;

/**
 * Receives one generation, on the gateway's event loop: accepted, texts in order, then exactly one
 * of finished and failed; failed alone if it was never accepted. Silent once cancelled.
 */
public interface GenerationListener {

  /** It will be served, sooner or later. */
  void onAccepted();

  /**
   * A device has begun with it; comes at most once, before the first text.
   *
   * @param cachedTokens prompt tokens that were found in the prefix cache
   */
  default void onStarted(int promptTokens, int cachedTokens) {}

  /** Text that one token completes; whole characters, never empty, no part of a stop text. */
  void onText(String text);

  /** One of the request's stop texts has come; the end follows at once. */
  default void onStopText(String stop) {}

  /** The end. */
  void onFinished(FinishReason reason, Usage usage);

  /** Not served, or not to its end. */
  void onFailed(Failure failure);

  /**
   * What the generation has used.
   *
   * @param cachedTokens prompt tokens that were found in the prefix cache
   * @param outputTokens with a token that ended the generation
   */
  record Usage(int promptTokens, int cachedTokens, int outputTokens) {}
}
