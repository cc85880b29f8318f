package io.slinfer.packing.verticle;

import io.slinfer.cluster.ClusterNode;
import io.slinfer.cluster.InstanceState;
import io.slinfer.cluster.Leases;
import io.slinfer.cluster.StateMap;
import io.slinfer.node.NodeCore;
import io.slinfer.node.OwnerLoop;
import io.slinfer.packing.Consolidation;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.concurrent.Executor;

/**
 * Gathers models that run on several devices: driven by the entry listener of the map {@code
 * instances}, and only while this node holds the lease {@code packing}. It moves what is on this
 * node's own devices.
 */
public final class BinPackingVerticle extends VerticleBase {

  private static final String ROLE = "packing";
  private static final long LEASE_MILLIS = 5_000;
  private static final long RENEW_MILLIS = 1_500;
  private static final Consolidation CONSOLIDATION = new Consolidation(0.95, 0.7);

  private final NodeCore core;
  private final OwnerLoop owner;
  private final Leases leases;
  private final StateMap<InstanceState> instances;
  private StateMap.Subscription subscription = () -> {};
  private boolean leads;

  public BinPackingVerticle(ClusterNode cluster, NodeCore core, OwnerLoop owner) {
    this.core = core;
    this.owner = owner;
    this.leases = cluster.leases();
    this.instances = cluster.map("instances");
  }

  @Override
  public Future<?> start() {
    Context own = context;
    Executor here = task -> own.runOnContext(nothing -> task.run());
    subscription = instances.onChange(here, change -> pack());
    vertx.setPeriodic(RENEW_MILLIS, timer -> renew(here));
    renew(here);
    return Future.succeededFuture();
  }

  @Override
  public Future<?> stop() {
    stopListening();
    return leases.release(ROLE);
  }

  /** Ends the listener: nothing is moved any more. Any thread. */
  public void stopListening() {
    subscription.close();
  }

  private void renew(Executor here) {
    leases
        .acquire(ROLE, LEASE_MILLIS)
        .onComplete(
            answer ->
                here.execute(() -> leads = answer.succeeded() && answer.result().isPresent()));
  }

  private void pack() {
    if (leads) {
      owner.execute(() -> core.consolidate(CONSOLIDATION));
    }
  }
}
