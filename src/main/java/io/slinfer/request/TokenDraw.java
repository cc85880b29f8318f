package io.slinfer.request;

import java.util.List;

/**
 * A token that was drawn.
 *
 * @param logProbability natural logarithm of its probability, by the raw logits: before penalties,
 *     temperature and filters
 * @param likeliest the likeliest tokens by the raw logits, the likeliest first; as many as the
 *     request asked for
 */
public record TokenDraw(int token, float logProbability, List<Likely> likeliest) {

  public TokenDraw {
    likeliest = List.copyOf(likeliest);
  }

  /** A token that could have been drawn, and the natural logarithm of its probability. */
  public record Likely(int token, float logProbability) {}
}
