package io.slinfer.packing.verticle;

import io.slinfer.cluster.ClusterNode;
import io.slinfer.cluster.InstanceState;
import io.slinfer.cluster.Lease;
import io.slinfer.cluster.Leases;
import io.slinfer.cluster.StateMap;
import io.slinfer.node.NodeCore;
import io.slinfer.node.OwnerLoop;
import io.slinfer.packing.Consolidation;
import io.slinfer.request.ModelId;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Predicate;

/**
 * Gathers models that run on several devices: driven by the entry listener of the map {@code
 * instances}, and only while this node holds the lease {@code packing}. A node that is alone plans
 * from its devices as they are; the leader of several plans from what they told, and asks the owner
 * of an instance to have it leave. An owner obeys no leader older than one it has obeyed.
 */
public final class BinPackingVerticle extends VerticleBase {

  private static final String ROLE = "packing";
  private static final long LEASE_MILLIS = 5_000;
  private static final long RENEW_MILLIS = 1_500;

  private final ClusterNode cluster;
  private final Predicate<String> live;
  private final NodeCore core;
  private final OwnerLoop owner;
  private final Leases leases;
  private final StateMap<InstanceState> instances;
  private final ClusterPacking packing = new ClusterPacking(Consolidation.USUAL);
  private StateMap.Subscription subscription = () -> {};
  private Optional<Lease> lease = Optional.empty();
  private long newestLeader;

  /**
   * @param live whether a node answers
   */
  public BinPackingVerticle(
      ClusterNode cluster, Predicate<String> live, NodeCore core, OwnerLoop owner) {
    this.cluster = cluster;
    this.live = live;
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
    return vertx
        .eventBus()
        .<JsonObject>consumer(address(cluster.nodeName()), order -> obey(order.body()))
        .completion();
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

  private static String address(String node) {
    return "slinfer.packing/" + node;
  }

  private void renew(Executor here) {
    leases
        .acquire(ROLE, LEASE_MILLIS)
        .onComplete(
            answer ->
                here.execute(
                    () -> lease = answer.succeeded() ? answer.result() : Optional.empty()));
  }

  private void pack() {
    if (lease.isEmpty()) {
      return;
    }
    if (cluster.isAlone()) {
      owner.execute(() -> core.consolidate(Consolidation.USUAL));
      return;
    }
    for (Map.Entry<String, InstanceState> leaving :
        packing.plan(instances.entries(), live, System.nanoTime()).entrySet()) {
      InstanceState instance = leaving.getValue();
      vertx
          .eventBus()
          .send(
              address(instance.node()),
              new JsonObject()
                  .put("leader", lease.get().fencingNumber())
                  .put("device", instance.deviceIndex())
                  .put("instance", instance.index())
                  .put("model", instance.model()));
    }
  }

  private void obey(JsonObject order) {
    long leader = order.getLong("leader");
    if (leader >= newestLeader) {
      newestLeader = leader;
      int device = order.getInteger("device");
      int instance = order.getInteger("instance");
      ModelId model = new ModelId(order.getString("model"));
      owner.execute(() -> core.retire(device, instance, model));
    }
  }
}
