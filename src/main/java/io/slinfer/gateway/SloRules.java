package io.slinfer.gateway;

import io.slinfer.request.ModelId;
import io.slinfer.request.Slo;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Which promise a request is to get: what the request asks for, else its key, else its model, else
 * the usual one for the length of its prompt. Immutable.
 */
public record SloRules(Map<ModelId, SloWish> models) {

  public SloRules {
    models = Map.copyOf(models);
  }

  /**
   * @param wish of the request and its key
   */
  Slo of(ModelId model, int promptTokens, SloWish wish) {
    Slo usual = Slo.forPromptTokens(promptTokens);
    SloWish asked = wish.or(models.getOrDefault(model, SloWish.NONE));
    return new Slo(
        nanos(asked.firstMillis(), usual.timeToFirstTokenNanos()),
        nanos(asked.tokenMillis(), usual.timePerOutputTokenNanos()));
  }

  private static long nanos(long millis, long usualNanos) {
    return millis == 0 ? usualNanos : TimeUnit.MILLISECONDS.toNanos(millis);
  }
}
