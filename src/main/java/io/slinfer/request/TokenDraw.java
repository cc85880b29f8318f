package io.slinfer.request;

import java.util.List;

/**
 * A token that was drawn.
 *
 * @param logProbability natural logarithm of its probability, by the raw logits: before penalties,
 *     temperature and filters
 * @param likeliest the likeliest tokens by the raw logits, the likeliest first; as many as the
 *     request asked for
 * @param embedding the prompt's embedding, where {@link Sampling#pooling} asks for it: then there
 *     is no token; else null. Not copied, never changed
 * @param prompt the prompt's tokens from the second on, each as if it had been drawn, with the
 *     first draw where {@link Sampling#scoresPrompt} asks for it; else empty
 */
public record TokenDraw(
    int token,
    float logProbability,
    List<Likely> likeliest,
    float[] embedding,
    List<TokenDraw> prompt) {

  /** Stands where a token would, but is none of any vocabulary. */
  private static final int NO_TOKEN = -1;

  public TokenDraw(int token, float logProbability, List<Likely> likeliest) {
    this(token, logProbability, likeliest, null, List.of());
  }

  /** An embedding. */
  public static TokenDraw of(float[] embedding) {
    return new TokenDraw(NO_TOKEN, 0, List.of(), embedding, List.of());
  }

  /** The same without the prompt's tokens. */
  public TokenDraw alone() {
    return prompt.isEmpty() ? this : after(List.of());
  }

  /** The same, with the prompt's tokens. */
  public TokenDraw after(List<TokenDraw> scored) {
    return new TokenDraw(token, logProbability, likeliest, embedding, scored);
  }

  public TokenDraw {
    likeliest = List.copyOf(likeliest);
    prompt = List.copyOf(prompt);
  }

  /** A token that could have been drawn, and the natural logarithm of its probability. */
  public record Likely(int token, float logProbability) {}
}
