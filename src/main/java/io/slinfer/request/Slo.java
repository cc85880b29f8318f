package io.slinfer.request;

/**
 * The latency a request was promised.
 *
 * @param timeToFirstTokenNanos from arrival to the first token
 * @param timePerOutputTokenNanos for each token after the first
 */
public record Slo(long timeToFirstTokenNanos, long timePerOutputTokenNanos) {

  public Slo {
    if (timeToFirstTokenNanos <= 0 || timePerOutputTokenNanos <= 0) {
      throw new IllegalArgumentException(
          "SLO times must be positive: " + timeToFirstTokenNanos + ", " + timePerOutputTokenNanos);
    }
  }

  /** The default promise: clamp(prompt/512 s, 0.5 s, 8 s) to the first token, then 0.25 s each. */
  public static Slo forPromptTokens(int promptTokens) {
    long timeToFirstTokenNanos = Math.round(promptTokens / 512.0 * 1e9);
    return new Slo(Math.clamp(timeToFirstTokenNanos, 500_000_000L, 8_000_000_000L), 250_000_000L);
  }
}
