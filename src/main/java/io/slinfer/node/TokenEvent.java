package io.slinfer.node;

import io.slinfer.request.Failure;
import io.slinfer.request.FinishReason;
import io.slinfer.request.RequestId;
import io.slinfer.request.TokenDraw;
import java.util.List;

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
   * The probabilities of the prompt's tokens, just before the first token or the end, where the
   * request asks for them.
   *
   * @param tokens from the second on
   */
  record Scored(RequestId id, List<TokenDraw> tokens) implements TokenEvent {}

  /**
   * A token was generated; one that ends the generation is not told, only counted.
   *
   * @param index 0 for the first, without gaps
   */
  record Token(RequestId id, int index, TokenDraw draw) implements TokenEvent {

    public int token() {
      return draw.token();
    }
  }

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
