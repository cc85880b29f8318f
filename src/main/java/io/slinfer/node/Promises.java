package io.slinfer.node;

import io.slinfer.cost.InstanceCosts;
import io.slinfer.request.Failure;
import io.slinfer.request.InferenceRequest;
import io.slinfer.request.ModelId;
import io.slinfer.request.Slo;
import java.util.List;
import java.util.Optional;
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
   * The refusal of a strict wish that no device could fulfil even if it were idle and as fast as
   * its profile says; empty where one could.
   *
   * @param costs on each device; null where the model cannot run
   */
  static Optional<Failure> objection(InferenceRequest request, List<InstanceCosts> costs) {
    int tokens = request.promptTokens().length;
    double firstNanos = Double.MAX_VALUE;
    double tokenNanos = Double.MAX_VALUE;
    for (InstanceCosts onDevice : costs) {
      if (onDevice != null) {
        firstNanos = Math.min(firstNanos, onDevice.latency().prefillNanos(tokens));
        tokenNanos = Math.min(tokenNanos, onDevice.latency().decodeNanos(tokens, 1));
      }
    }
    Slo wish = request.slo();
    if (firstNanos > wish.timeToFirstTokenNanos()) {
      return Optional.of(late("the first token", wish.timeToFirstTokenNanos(), tokens, firstNanos));
    }
    return tokenNanos > wish.timePerOutputTokenNanos()
        ? Optional.of(late("a token", wish.timePerOutputTokenNanos(), tokens, tokenNanos))
        : Optional.empty();
  }

  private static Failure late(String what, long wishNanos, int tokens, double leastNanos) {
    return new Failure.Unattainable(
        "No device here gives %s within %.0f ms after a prompt of %d tokens: it takes %.0f ms."
            .formatted(what, wishNanos / 1e6, tokens, Math.ceil(leastNanos / 1e6)));
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
