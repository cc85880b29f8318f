package io.slinfer.node;

import io.slinfer.cost.InstanceCosts;
import io.slinfer.request.Failure;
import io.slinfer.request.InferenceRequest;
import io.slinfer.request.ModelId;
import io.slinfer.request.Slo;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

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
  public record Standing(boolean warm, List<InstanceCosts> costs) {

    /** The least that something costs on any device. */
    long least(ToLongFunction<InstanceCosts> cost) {
      return costs.stream().filter(Objects::nonNull).mapToLong(cost).min().orElse(Long.MAX_VALUE);
    }
  }

  boolean isBestEffort(ModelId model) {
    return bestEffort.test(model);
  }

  /**
   * The refusal of a strict wish that no device could fulfil even if it were idle, by its profile
   * and by what it was seen to do; empty where one could.
   */
  static Optional<Failure> objection(InferenceRequest request, Standing standing) {
    int tokens = request.promptTokens().length;
    long firstNanos =
        standing.least(
            costs -> Math.min(costs.latency().prefillNanos(tokens), costs.prefillNanos(tokens)));
    long tokenNanos =
        standing.least(
            costs ->
                Math.min(costs.latency().decodeNanos(tokens, 1), costs.decodeNanos(tokens, 1)));
    Slo wish = request.slo();
    if (firstNanos > wish.timeToFirstTokenNanos()) {
      return Optional.of(late("the first token", wish.timeToFirstTokenNanos(), tokens, firstNanos));
    }
    return tokenNanos > wish.timePerOutputTokenNanos()
        ? Optional.of(late("a token", wish.timePerOutputTokenNanos(), tokens, tokenNanos))
        : Optional.empty();
  }

  private static Failure late(String what, long wishNanos, int tokens, long leastNanos) {
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
    int tokens = request.promptTokens().length;
    long prefillNanos = standing.least(costs -> costs.prefillNanos(tokens));
    long tokenNanos = standing.least(costs -> costs.decodeNanos(tokens, 1));
    Slo wish = request.slo();
    long first = Math.max(wish.timeToFirstTokenNanos(), Math.round(ROOM * prefillNanos));
    return new Slo(
        standing.warm() ? first : first + coldStartNanos,
        Math.max(wish.timePerOutputTokenNanos(), Math.round(ROOM * tokenNanos)));
  }
}
