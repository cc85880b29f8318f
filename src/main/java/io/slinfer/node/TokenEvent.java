package io.slinfer.node;

import io.slinfer.request.Failure;
import io.slinfer.request.FinishReason;
import io.slinfer.request.RequestId;

/** What a device says of a request. {@link Finished} and {@link Failed} are terminal. */
public sealed interface TokenEvent {

  RequestId id();

  /**
   * The request will be served.
   *
   * @param loading whether its model has still to be loaded
   */
  record Accepted(RequestId id, boolean loading) implements TokenEvent {}

  /**
   * The request takes part in a step for the first time.
   *
   * @param cachedTokens prompt tokens that were found in the prefix cache
   */
  record Started(RequestId id, int cachedTokens) implements TokenEvent {}

  /**
   * A token was generated; one that ends the generation is not told, only counted.
   *
   * @param index 0 for the first, without gaps
   * @param logProbability natural logarithm, from the raw logits
   */
  record Token(RequestId id, int index, int token, float logProbability) implements TokenEvent {}

  /** The generation has ended. */
  record Finished(RequestId id, FinishReason reason, Usage usage) implements TokenEvent {}

  /** The request was not served, or not to its end. */
  record Failed(RequestId id, Failure failure) implements TokenEvent {}

  /**
   * What a request has used.
   *
   * @param promptTokens length of the prompt
   * @param cachedTokens prompt tokens that were found in the prefix cache
   * @param generatedTokens tokens drawn, with one that ended the generation
   */
  record Usage(int promptTokens, int cachedTokens, int generatedTokens) {}
}
