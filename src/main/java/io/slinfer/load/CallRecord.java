package io.slinfer.load;

/**
 * What became of one call. Times are nanoseconds from the start of the run.
 *
 * @param sentNanos when the client really sent it; later than planned if the client was late
 * @param tokenNanos arrival of each token event, in order; empty if none came
 * @param endNanos when the answer or the connection ended
 * @param outputTokens as the server's usage says, else the token events counted
 * @param outcome how it ended
 * @param status HTTP status, 0 if there was no answer
 * @param coldStart whether the server said that it loaded the model for this call
 * @param error what went wrong, or ""
 */
public record CallRecord(
    PlannedCall call,
    long sentNanos,
    long[] tokenNanos,
    long endNanos,
    int outputTokens,
    Outcome outcome,
    int status,
    boolean coldStart,
    String error) {

  /** How a call ended. */
  public enum Outcome {
    /** The whole answer came. */
    COMPLETED,
    /** The client hung up as planned. */
    DISCONNECTED,
    /** The server refused it for now: 429 or 503. */
    REFUSED,
    /** Another status, an error inside the stream, or a broken connection. */
    FAILED
  }

  /**
   * From planned sending to the first token, so that a late client cannot flatter the server; NaN
   * if none came.
   */
  public double timeToFirstTokenSeconds() {
    return tokenNanos.length == 0 ? Double.NaN : (tokenNanos[0] - call.atNanos()) / 1e9;
  }

  /**
   * (end of the last token - first token) / (tokens - 1); 0 for a single token, NaN if none came.
   */
  public double timePerOutputTokenSeconds() {
    if (tokenNanos.length == 0) {
      return Double.NaN;
    }
    long last = tokenNanos[tokenNanos.length - 1];
    return outputTokens <= 1 ? 0 : (last - tokenNanos[0]) / 1e9 / (outputTokens - 1);
  }

  /** From planned sending to the end. */
  public double endToEndSeconds() {
    return (endNanos - call.atNanos()) / 1e9;
  }

  /** How much later than planned the client sent it. */
  public double latenessSeconds() {
    return (sentNanos - call.atNanos()) / 1e9;
  }
}
