package io.slinfer.node;

import io.slinfer.cost.InstanceCosts;
import io.slinfer.request.InferenceRequest;
import io.slinfer.request.ModelId;
import io.slinfer.request.Slo;
import java.util.List;
import java.util.function.Predicate;

/**
 * What requests are promised. A device cannot be faster than it is: a limit that it would miss even
 * if it were idle is stretched to what it can do, so that a slow machine serves slowly in place of
 * refusing everything. A model that has to be loaded first gets some grace.
 *
 * @param coldStartNanos more time to the first token when the model is not loaded
 * @param bestEffort models whose requests wait for as long as it takes
 */
public record Promises(long coldStartNanos, Predicate<ModelId> bestEffort) {

  /** How many times the time of an idle device is promised at least. */
  private static final double ROOM = 2;

  /**
   * How a model stands.
   *
   * @param warm whether it is loaded somewhere
   * @param costs on each device; null where it cannot run
   */
  public record Standing(boolean warm, List<InstanceCosts> costs) {}

  boolean isBestEffort(ModelId model) {
    return bestEffort.test(model);
  }

  /**
   * The promise that is kept to a request.
   *
   * @param strict the wish itself, even if no device can fulfil it
   */
  Slo of(InferenceRequest request, boolean strict, Standing standing) {
    if (strict) {
      return request.slo();
    }
    long prefillNanos = Long.MAX_VALUE;
    long tokenNanos = Long.MAX_VALUE;
    int tokens = request.promptTokens().length;
    for (InstanceCosts costs : standing.costs()) {
      if (costs != null) {
        prefillNanos = Math.min(prefillNanos, costs.prefillNanos(tokens));
        tokenNanos = Math.min(tokenNanos, costs.decodeNanos(tokens, 1));
      }
    }
    Slo wish = request.slo();
    long first = Math.max(wish.timeToFirstTokenNanos(), Math.round(ROOM * prefillNanos));
    return new Slo(
        standing.warm() ? first : first + coldStartNanos,
        Math.max(wish.timePerOutputTokenNanos(), Math.round(ROOM * tokenNanos)));
  }
}
