package io.slinfer.scheduler;

import io.slinfer.request.ModelId;
import java.util.HashMap;
import java.util.Map;

/**
 * How often each model was asked for lately: an exponentially weighted arrival rate over a long
 * window, or over a short one when a burst makes that one higher. One arrival alone is no burst.
 *
 * <p>Confined to the coordinator's owner.
 */
final class Demand {

  private static final class Rate {
    double arrivals;
    double burstArrivals;
    long atNanos;
  }

  private final double windowNanos;
  private final double burstNanos;
  private final Map<ModelId, Rate> rates = new HashMap<>();

  /**
   * @param windowNanos how long an arrival is remembered, on average
   * @param burstNanos the same for bursts
   */
  Demand(long windowNanos, long burstNanos) {
    this.windowNanos = windowNanos;
    this.burstNanos = burstNanos;
  }

  void arrived(ModelId model, long nowNanos) {
    Rate rate = rates.computeIfAbsent(model, absent -> new Rate());
    long past = nowNanos - rate.atNanos;
    rate.arrivals = rate.arrivals * Math.exp(-past / windowNanos) + 1;
    rate.burstArrivals = rate.burstArrivals * Math.exp(-past / burstNanos) + 1;
    rate.atNanos = nowNanos;
  }

  /** Requests a second for a model. */
  double perSecond(ModelId model, long nowNanos) {
    Rate rate = rates.get(model);
    if (rate == null) {
      return 0;
    }
    long past = nowNanos - rate.atNanos;
    double lately = rate.arrivals * Math.exp(-past / windowNanos) / windowNanos;
    double burst = (rate.burstArrivals * Math.exp(-past / burstNanos) - 1) / burstNanos;
    return Math.max(lately, burst) * 1e9;
  }
}
