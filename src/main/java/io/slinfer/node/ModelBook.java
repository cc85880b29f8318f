package io.slinfer.node;

import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.engine.EngineEvent;
import io.slinfer.engine.ModelSource;
import io.slinfer.metrics.ServingMeters;
import io.slinfer.request.Failure;
import io.slinfer.request.ModelId;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a node knows of the models that were called: where they come from, what they cost, and which
 * of them must not be tried again yet. A model whose load has failed cools down: 5 s, then twice as
 * long each time, up to a minute. Confined to the node's owner.
 */
final class ModelBook {

  private static final Logger LOG = LoggerFactory.getLogger(ModelBook.class);
  private static final long FIRST_COOL_DOWN_NANOS = 5_000_000_000L;
  private static final long LONGEST_COOL_DOWN_NANOS = 60_000_000_000L;

  /** One model. */
  private static final class Entry {
    private final ModelSource source;
    private final Map<DeviceKind, InstanceCosts> costs = new EnumMap<>(DeviceKind.class);
    private Failure failure;
    private long coolDownNanos;
    private long coolUntilNanos;

    Entry(ModelSource source) {
      this.source = source;
    }
  }

  private final Map<ModelId, Entry> models = new HashMap<>();
  private final ServingMeters meters;

  ModelBook(ServingMeters meters) {
    this.meters = meters;
  }

  /** Whether a model with this very source is known. */
  boolean knows(ModelSource source) {
    Entry entry = models.get(source.model());
    return entry != null && entry.source.equals(source);
  }

  boolean knows(ModelId model) {
    return models.containsKey(model);
  }

  /** Adds or replaces a model. */
  void add(ModelSource source, Map<DeviceKind, InstanceCosts> costs) {
    Entry entry = new Entry(source);
    entry.costs.putAll(costs);
    models.put(source.model(), entry);
  }

  /** Other costs of a model on one kind of device, if it is still the same model. */
  void costs(ModelSource source, DeviceKind kind, InstanceCosts measured) {
    if (knows(source)) {
      models.get(source.model()).costs.put(kind, measured);
    }
  }

  ModelSource source(ModelId model) {
    return models.get(model).source;
  }

  /** What a model costs; it is known. */
  InstanceCosts costs(ModelId model, DeviceKind kind) {
    return models.get(model).costs.get(kind);
  }

  /** Why a model must not be loaded now, with the time to wait; empty if it may. */
  Optional<Failure> refusal(ModelId model, long nowNanos) {
    Entry entry = models.get(model);
    if (entry == null || entry.failure == null || nowNanos - entry.coolUntilNanos >= 0) {
      return Optional.empty();
    }
    long waitMillis = Math.ceilDiv(entry.coolUntilNanos - nowNanos, 1_000_000L);
    return Optional.of(unavailable(model, entry.failure, waitMillis));
  }

  void loadFailed(ModelId model, Failure failure, long nowNanos) {
    Entry entry = models.get(model);
    entry.coolDownNanos =
        Math.clamp(2 * entry.coolDownNanos, FIRST_COOL_DOWN_NANOS, LONGEST_COOL_DOWN_NANOS);
    entry.coolUntilNanos = nowNanos + entry.coolDownNanos;
    entry.failure = failure;
    LOG.warn(
        "loading {} failed; next try in {} s at the earliest: {}",
        model,
        entry.coolDownNanos / 1_000_000_000,
        failure.message());
  }

  void loaded(ModelId model, EngineEvent.Loaded loaded) {
    Entry entry = models.get(model);
    entry.failure = null;
    entry.coolDownNanos = 0;
    meters.of(model).loaded(loaded.durationNanos());
    meters.of(model).resident();
    LOG.info(
        "loaded {} in {} ms: weights {} MiB, KV {} KiB a block",
        model,
        loaded.durationNanos() / 1_000_000,
        loaded.model().weightBytes() >> 20,
        loaded.model().kvBlockBytes() >> 10);
  }

  void unloaded(ModelId model) {
    meters.of(model).gone();
    LOG.info("{} has left", model);
  }

  private static Failure unavailable(ModelId model, Failure cause, long waitMillis) {
    String reason =
        cause instanceof Failure.Unavailable unavailable ? unavailable.reason() : "model_loading";
    return new Failure.Unavailable(
        "model " + model + " cannot be loaded: " + cause.message(), reason, waitMillis);
  }
}
