package io.slinfer.memory.verticle;

import io.slinfer.cluster.ClusterNode;
import io.slinfer.cluster.DeviceState;
import io.slinfer.cluster.InstanceState;
import io.slinfer.cluster.Leases;
import io.slinfer.cluster.ModelState;
import io.slinfer.cluster.NodeState;
import io.slinfer.cluster.StateMap;
import io.slinfer.request.ModelId;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Has the models that are wanted warm loaded on one node each, at first and again whenever
 * something has changed: driven by the entry listeners of the maps {@code models}, {@code devices}
 * and {@code instances}, and by the loss of nodes. Every node finds the same node for a model; that
 * one loads it while it holds the lease {@code load/MODEL}, which one that is lost may still have
 * for a moment.
 */
public final class MemoryScalingVerticle extends VerticleBase {

  private static final long LEASE_MILLIS = 2_000;

  private final String node;
  private final Predicate<String> live;
  private final Consumer<ModelId> load;
  private final Leases leases;
  private final StateMap<NodeState> nodes;
  private final StateMap<ModelState> models;
  private final StateMap<DeviceState> devices;
  private final StateMap<InstanceState> instances;
  private final List<StateMap.Subscription> subscriptions = new ArrayList<>();
  private Executor here;
  private volatile boolean stopped;
  private boolean planned;

  /**
   * @param live whether a node answers
   * @param load loads a model on this node if there is room for it now
   */
  public MemoryScalingVerticle(
      ClusterNode cluster, Predicate<String> live, Consumer<ModelId> load) {
    this.node = cluster.nodeName();
    this.live = live;
    this.load = load;
    this.leases = cluster.leases();
    this.nodes = cluster.map("nodes");
    this.models = cluster.map("models");
    this.devices = cluster.map("devices");
    this.instances = cluster.map("instances");
  }

  @Override
  public Future<?> start() {
    Context own = context;
    here = task -> own.runOnContext(nothing -> task.run());
    subscriptions.add(models.onChange(here, change -> changed()));
    subscriptions.add(devices.onChange(here, change -> changed()));
    subscriptions.add(instances.onChange(here, change -> changed()));
    return Future.succeededFuture();
  }

  @Override
  public Future<?> stop() {
    stopListening();
    return Future.succeededFuture();
  }

  /** Ends the listeners: nothing is scaled any more. Any thread. */
  public void stopListening() {
    stopped = true;
    subscriptions.forEach(StateMap.Subscription::close);
  }

  /** A node is lost. Any thread, once this has started. */
  public void nodeLost() {
    here.execute(this::changed);
  }

  /** One look for the changes of one turn. */
  private void changed() {
    if (!planned && !stopped) {
      planned = true;
      here.execute(
          () -> {
            planned = false;
            scale();
          });
    }
  }

  private void scale() {
    Set<String> wanted =
        models.entries().values().stream()
            .filter(model -> model.warm() && live.test(model.node()))
            .map(ModelState::model)
            .collect(Collectors.toSet());
    for (String model : wanted) {
      if (isHereToLoad(model)) {
        leases
            .acquire("load/" + model, LEASE_MILLIS)
            .onSuccess(
                lease ->
                    here.execute(
                        () -> {
                          if (lease.isEmpty()) {
                            vertx.setTimer(LEASE_MILLIS, timer -> changed());
                          } else if (isHereToLoad(model)) {
                            load.accept(new ModelId(model));
                          }
                        }));
      }
    }
  }

  /** Whether a model is loaded nowhere and this node is the one to load it. */
  private boolean isHereToLoad(String model) {
    boolean present =
        instances.entries().values().stream()
            .anyMatch(
                instance ->
                    instance.model().equals(model)
                        && !instance.state().equals("leaving")
                        && live.test(instance.node()));
    return !present && place(model).filter(node::equals).isPresent();
  }

  /** The node with the most room of those where it fits, else of all that have its file. */
  private Optional<String> place(String model) {
    return models.entries().values().stream()
        .filter(held -> held.model().equals(model))
        .filter(held -> live.test(held.node()) && !isLeaving(held.node()))
        .min(
            Comparator.comparing((ModelState held) -> freeBytes(held.node()) < held.sizeBytes())
                .thenComparing(held -> -freeBytes(held.node()))
                .thenComparing(ModelState::node))
        .map(ModelState::node);
  }

  private boolean isLeaving(String other) {
    NodeState state = nodes.entries().get(other);
    return state != null && state.leaving();
  }

  private long freeBytes(String other) {
    return devices.entries().values().stream()
        .filter(device -> device.node().equals(other))
        .mapToLong(device -> device.capacityBytes() - device.promisedBytes())
        .max()
        .orElse(0);
  }
}
