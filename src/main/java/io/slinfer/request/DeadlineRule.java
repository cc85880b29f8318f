package io.slinfer.request;

/** How the deadline of a request's next token follows from its SLO and its progress. */
public interface DeadlineRule {

  /** When the next token of {@code request} is due. */
  long deadlineNanos(RequestLife request);

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
   */
  record FromFirstToken(double part) implements DeadlineRule {
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
