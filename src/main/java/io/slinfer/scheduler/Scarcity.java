package io.slinfer.scheduler;

import io.slinfer.request.ModelId;

/**
 * Which models lack places, by the requests that were refused lately. While places are scarce they
 * are for the models that are asked for most: a model gets one only if it is asked for at least as
 * often as the fourth most refused model is refused. When little is refused, nobody is kept out.
 *
 * <p>Confined to the coordinator's owner.
 */
final class Scarcity {

  private static final long WINDOW_NANOS = 60_000_000_000L;
  private static final long LOOK_NANOS = 200_000_000L;
  private static final int PLACE = 3;

  private final Demand refused = new Demand(WINDOW_NANOS, WINDOW_NANOS);
  private boolean looked;
  private long lookNanos;
  private double bar;

  void refused(ModelId model, long nowNanos) {
    refused.arrived(model, nowNanos);
  }

  /** Requests a second that a model must be asked for to get a place; 0 when any will do. */
  double barPerSecond(long nowNanos) {
    if (!looked || nowNanos - lookNanos >= LOOK_NANOS) {
      looked = true;
      lookNanos = nowNanos;
      bar = refused.perSecondAt(PLACE, nowNanos);
    }
    return bar;
  }
}
