package io.slinfer.scheduler;

import io.slinfer.request.ModelId;
import java.util.HashMap;
import java.util.Map;

/**
 * How often each model was asked for lately: an exponentially weighted arrival rate.
 *
 * <p>Confined to the coordinator's owner.
 */
final class Demand {

  private static final class Rate {
    double perSecond;
    long atNanos;
  }

  private final double windowNanos;
  private final Map<ModelId, Rate> rates = new HashMap<>();

  /**
   * @param windowNanos how long an arrival is remembered, on average
   */
  Demand(long windowNanos) {
    this.windowNanos = windowNanos;
  }

  void arrived(ModelId model, long nowNanos) {
    Rate rate = rates.computeIfAbsent(model, absent -> new Rate());
    rate.perSecond = decayed(rate, nowNanos) + 1e9 / windowNanos;
    rate.atNanos = nowNanos;
  }

  /** Requests a second for a model. */
  double perSecond(ModelId model, long nowNanos) {
    Rate rate = rates.get(model);
    return rate == null ? 0 : decayed(rate, nowNanos);
  }

  private double decayed(Rate rate, long nowNanos) {
    return rate.perSecond * Math.exp(-(nowNanos - rate.atNanos) / windowNanos);
  }
}
