package io.slinfer.gateway;

import io.slinfer.request.Failure;
import io.slinfer.request.FinishReason;
import io.slinfer.toolcall.ToolCallEvent;
import java.util.List;

/**
 * Receives one generation, on the gateway's event loop: accepted, texts in order, then exactly one
 * of finished and failed; failed alone if it was never accepted. Silent once cancelled.
 */
public interface GenerationListener {

  /** Its model must be loaded for it first; told before it is accepted. */
  default void onColdStart() {}

  /** It will be served, sooner or later. */
  void onAccepted();

  /**
   * A device has begun with it; comes at most once, before the first text.
   *
   * @param cachedTokens prompt tokens that were found in the prefix cache
   */
  default void onStarted(int promptTokens, int cachedTokens) {}

  /** The prompt's embedding, not normalised, where the request is for one; the end follows. */
  default void onEmbedding(float[] embedding) {
    throw new IllegalStateException("an embedding that nobody asked for");
  }

  /** Text that one token completes; whole characters, never empty, no part of a stop text. */
  void onText(String text);

  /** A piece of reasoning, where the request asks for it apart. */
  default void onReasoning(String text) {
    onText(text);
  }

  /** A part of a call of a tool, where the request has tools; never Text. */
  default void onCall(ToolCallEvent part) {}

  /** The prompt's tokens, where the request asks for their probabilities; the echo follows. */
  default void onPromptTokens(List<TokenText> tokens) {}

  /** Tokens drawn since the last, where asked for; told before the text that they make. */
  default void onTokens(List<TokenText> tokens) {}

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
   * @param reasoningTokens how many of them were reasoning told apart
   */
  record Usage(int promptTokens, int cachedTokens, int outputTokens, int reasoningTokens) {}
}
