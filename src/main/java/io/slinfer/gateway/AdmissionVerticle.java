package io.slinfer.gateway;

import io.slinfer.node.InstanceStatus;
import io.slinfer.node.NodeCore;
import io.slinfer.node.OwnerLoop;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.List;

/**
 * Gives the node its owner: admission, the queue and the step loops of all devices run on the event
 * loop of this verticle, so a decision sees all devices at one moment.
 */
public final class AdmissionVerticle extends VerticleBase {

  private final OwnerLoop owner;
  private final NodeCore core;

  public AdmissionVerticle(OwnerLoop owner, NodeCore core) {
    this.owner = owner;
    this.core = core;
  }

  @Override
  public Future<?> start() {
    Context own = context;
    owner.bind(own);
    return Future.succeededFuture();
  }

  @Override
  public Future<?> stop() {
    core.stop();
    return Future.succeededFuture();
  }

  /** How much is in use; answered from the owner. Any thread. */
  public Future<Occupancy> occupancy() {
    return Future.future(
        promise ->
            owner.execute(
                () ->
                    promise.complete(
                        new Occupancy(
                            core.liveRequests(), core.leavingRequests(), core.usedBlocks()))));
  }

  /** How the instances of each device stand; answered from the owner. Any thread. */
  public Future<List<List<InstanceStatus>>> instances() {
    return Future.future(promise -> owner.execute(() -> promise.complete(core.instances())));
  }

  /**
   * What requests hold on a node.
   *
   * @param liveRequests requests that have not ended
   * @param leavingRequests those of them whose caller has gone; the step in flight has them still
   * @param usedBlocks KV blocks that they use
   */
  public record Occupancy(int liveRequests, int leavingRequests, int usedBlocks) {

    /** Nothing is in use. */
    public static final Occupancy NONE = new Occupancy(0, 0, 0);
  }
}
