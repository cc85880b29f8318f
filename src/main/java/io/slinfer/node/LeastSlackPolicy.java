package io.slinfer.node;

import java.util.List;

/**
 * Steps the instance whose next token is due first (least slack), with a fixed bound on the prompt
 * tokens of a step, so that a long prompt cannot hold up other instances' tokens.
 */
public final class LeastSlackPolicy implements StepPolicy {

  private final int prefillTokens;

  /**
   * @param prefillTokens prompt tokens in a step, at most
   */
  public LeastSlackPolicy(int prefillTokens) {
    this.prefillTokens = prefillTokens;
  }

  @Override
  public Choice choose(List<Load> ready, long nowNanos) {
    Load first = ready.getFirst();
    for (Load load : ready) {
      if (load.deadlineNanos() - first.deadlineNanos() < 0) {
        first = load;
      }
    }
    return new Choice(first.instance(), prefillTokens);
  }
}
