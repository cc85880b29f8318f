package io.slinfer.request;

/** How the deadline of a request's next token follows from its SLO and its progress. */
public interface DeadlineRule {

  /** When the next token of {@code request} is due. */
  long deadlineNanos(RequestLife request);

  /** How long after a token the next one should come at the latest, however much slack there is. */
  default long mostGapNanos() {
    return NO_GAP_NANOS;
  }

  /** Longer than any run. */
  long NO_GAP_NANOS = Long.MAX_VALUE / 4;

  /**
   * Counts from the arrival: arrival + grace + TTFT + TPOT x tokens, so that a quick first token
   * lets later ones run late (the paper's rule; slinfer-algorithm section 2).
   *
   * @param part the part of both limits that is aimed at; the rest is a margin
   */
  record FromArrival(double part) implements DeadlineRule {
    @Override
    public long deadlineNanos(RequestLife request) {
      long first = Math.round(request.slo().timeToFirstTokenNanos() * part);
      long each = Math.round(request.slo().timePerOutputTokenNanos() * part);
      return request.arrivalNanos()
          + request.graceNanos()
          + first
          + each * request.generatedTokens();
    }
  }

  /**
   * Counts each token after the first from the first token, as the mean time per output token does.
   *
   * @param part the part of both limits that is aimed at; the rest is a margin
   * @param mostGapNanos how long after a token the next one should come at the latest
   */
  record FromFirstToken(double part, long mostGapNanos) implements DeadlineRule {

    /** The mean alone counts. */
    public FromFirstToken(double part) {
      this(part, NO_GAP_NANOS);
    }

    @Override
    public long deadlineNanos(RequestLife request) {
      if (request.generatedTokens() == 0) {
        return request.arrivalNanos()
            + request.graceNanos()
            + Math.round(request.slo().timeToFirstTokenNanos() * part);
      }
      long each = Math.round(request.slo().timePerOutputTokenNanos() * part);
      return request.firstTokenNanos() + each * request.generatedTokens();
    }
  }
}
