package io.slinfer.node;

import io.slinfer.engine.Engine;
import io.slinfer.engine.EngineDescription;
import io.slinfer.engine.EngineEvent;
import io.slinfer.metrics.ServingMeters;
import io.slinfer.request.DeviceId;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drives the step loop of one device on its own event loop: wakes it for commands, hands it the
 * engine's events.
 */
public final class DispatchVerticle extends VerticleBase {

  private static final Logger LOG = LoggerFactory.getLogger(DispatchVerticle.class);

  private final DeviceId device;
  private final EngineFactory engines;
  private final StepPolicy policy;
  private final DeviceLimits limits;
  private final ServingMeters meters;
  private final DeviceInbox inbox;
  private final AtomicBoolean awake = new AtomicBoolean();
  private volatile Context owner;

  /** Confined to the owner. */
  private DeviceLoop loop;

  /** Confined to the owner. */
  private Engine engine;

  private volatile EngineDescription description;

  public DispatchVerticle(
      DeviceId device,
      EngineFactory engines,
      StepPolicy policy,
      DeviceLimits limits,
      ServingMeters meters) {
    this.device = device;
    this.engines = engines;
    this.policy = policy;
    this.limits = limits;
    this.meters = meters;
    this.inbox = new DeviceInbox(limits.maxWaiting(), System::nanoTime, this::wake);
  }

  /** Where commands for this device go; any thread. */
  public DeviceInbox inbox() {
    return inbox;
  }

  /** What its engine is; null before it has started. Any thread. */
  public EngineDescription description() {
    return description;
  }

  /** How much is in use; answered from the owner. Any thread. */
  public Future<Occupancy> occupancy() {
    Future<Occupancy> answer =
        Future.future(
            promise ->
                owner.runOnContext(
                    nothing ->
                        promise.complete(new Occupancy(loop.liveRequests(), loop.usedBlocks()))));
    return answer;
  }

  /** How each instance stands; answered from the owner. Any thread. */
  public Future<List<InstanceStatus>> instances() {
    return Future.future(
        promise -> owner.runOnContext(nothing -> promise.complete(loop.instances())));
  }

  /** What the KV blocks of all its models may take. */
  public long kvBudgetBytes() {
    return limits.kvBytes();
  }

  /** Its id. */
  public DeviceId id() {
    return device;
  }

  /**
   * What requests hold on a device.
   *
   * @param liveRequests requests that have not ended
   * @param usedBlocks KV blocks that they use
   */
  public record Occupancy(int liveRequests, int usedBlocks) {}

  @Override
  public Future<?> start() {
    Context own = context;
    return vertx
        .executeBlocking(
            () ->
                engines.create(
                    this::onEngineEvent, task -> own.runOnContext(nothing -> task.run())))
        .map(
            created -> {
              engine = created;
              description = created.description();
              LOG.info("device {}: {} ({})", device, description.kind(), description.detail());
              meters.device(device.value(), description.kind(), description.emulated());
              loop =
                  new DeviceLoop(
                      new DeviceLoop.Parts(
                          device, created, inbox, policy, limits, System::nanoTime, meters));
              owner = own;
              wake();
              return created;
            });
  }

  @Override
  public Future<?> stop() {
    if (engine == null) {
      return Future.succeededFuture();
    }
    owner = null;
    loop.close();
    Engine closing = engine;
    return vertx.executeBlocking(
        () -> {
          closing.close();
          return null;
        });
  }

  private void onEngineEvent(EngineEvent event) {
    if (owner != null) {
      loop.onEvent(event);
    }
  }

  private void wake() {
    Context to = owner;
    if (to != null && awake.compareAndSet(false, true)) {
      to.runOnContext(
          nothing -> {
            awake.set(false);
            if (owner != null) {
              loop.doWork();
            }
          });
    }
  }
}
