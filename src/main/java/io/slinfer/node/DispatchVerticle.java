package io.slinfer.node;

import io.slinfer.engine.Engine;
import io.slinfer.engine.EngineDescription;
import io.slinfer.engine.EngineEvent;
import io.slinfer.metrics.ServingMeters;
import io.slinfer.request.DeviceId;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the engine of one device: starts it, hands its reports to the device's step loop on the
 * node's owner, closes it.
 */
public final class DispatchVerticle extends VerticleBase {

  private static final Logger LOG = LoggerFactory.getLogger(DispatchVerticle.class);

  private final DeviceParts parts;
  private final EngineDriver driver;
  private final OwnerLoop owner;
  private final ServingMeters meters;
  private volatile Engine engine;
  private volatile boolean stopped;

  public DispatchVerticle(
      DeviceParts parts, EngineDriver driver, OwnerLoop owner, ServingMeters meters) {
    this.parts = parts;
    this.driver = driver;
    this.owner = owner;
    this.meters = meters;
  }

  /** Which device it is. */
  public DeviceId device() {
    return parts.spec().id();
  }

  /** What weights and KV of all its models may take. */
  public long memoryBytes() {
    return parts.spec().capacityBytes();
  }

  /** What its engine is; null before it has started. Any thread. */
  public EngineDescription description() {
    return engine == null ? null : engine.description();
  }

  @Override
  public Future<?> start() {
    return vertx
        .executeBlocking(() -> parts.engines().create(this::onEngineEvent, owner))
        .map(
            created -> {
              engine = created;
              EngineDescription description = created.description();
              LOG.info(
                  "device {}: {} ({}), {} MiB for weights and KV",
                  device(),
                  description.kind(),
                  description.detail(),
                  parts.spec().capacityBytes() >> 20);
              meters.device(device().value(), description.kind(), description.emulated());
              owner.execute(() -> driver.engine(created));
              return created;
            });
  }

  @Override
  public Future<?> stop() {
    stopped = true;
    Engine closing = engine;
    if (closing == null) {
      return Future.succeededFuture();
    }
    return vertx.executeBlocking(
        () -> {
          closing.close();
          return null;
        });
  }

  /** On the owner. */
  private void onEngineEvent(EngineEvent event) {
    if (!stopped) {
      driver.onEvent(event);
    }
  }
}
