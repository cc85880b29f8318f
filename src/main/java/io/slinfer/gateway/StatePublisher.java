package io.slinfer.gateway;

import io.slinfer.admission.InstanceSnapshot;
import io.slinfer.cluster.ClusterNode;
import io.slinfer.cluster.DeviceState;
import io.slinfer.cluster.InstanceState;
import io.slinfer.cluster.NodeState;
import io.slinfer.node.NodeCore;
import io.slinfer.node.OwnerLoop;
import io.slinfer.packing.Consolidation;
import io.slinfer.scheduler.DeviceLoop;
import io.slinfer.scheduler.Instance;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Tells the cluster how this node, its devices, instances and models stand: on change, at most ten
 * times a second; once a second it looks for new models and whether all that was told is seen.
 * Confined to the node's owner.
 */
public final class StatePublisher {

  private static final long PACE_NANOS = 100_000_000L;
  private static final long CHECK_NANOS = 1_000_000_000L;

  private final String node;
  private final List<Engine> engines;
  private final NodeCore core;
  private final OwnerLoop owner;
  private final PublishedModels models;
  private final Published<NodeState> nodes;
  private final Published<DeviceState> devices;
  private final Published<InstanceState> instances;
  private boolean planned;
  private boolean leaving;
  private boolean silent;
  private long sequence;

  /**
   * What runs a device.
   *
   * @param detail one line: kernels, instruction set, threads
   */
  public record Engine(String kind, String detail) {}

  /**
   * @param engines of the devices
   */
  public StatePublisher(
      ClusterNode cluster,
      List<Engine> engines,
      NodeCore core,
      OwnerLoop owner,
      PublishedModels.Source models) {
    this.node = cluster.nodeName();
    this.engines = List.copyOf(engines);
    this.core = core;
    this.owner = owner;
    this.models = new PublishedModels(cluster, models);
    this.nodes = new Published<>(cluster.map("nodes"), node, NodeState::equals);
    this.devices = new Published<>(cluster.map("devices"), node, DeviceState::equals);
    this.instances = new Published<>(cluster.map("instances"), node, InstanceState::equals);
  }

  /** Begins to tell. */
  public void start() {
    core.onChange(this::changed);
    again();
  }

  /** Something may have changed. */
  public void changed() {
    if (!planned) {
      planned = true;
      owner.at(owner.nowNanos() + PACE_NANOS, this::publish);
    }
  }

  /** Tells everything again: a node has come, or this one has come back. */
  public void retell() {
    if (!silent) {
      nodes.retell();
      models.retell();
      devices.retell();
      instances.retell();
    }
  }

  /** The node takes no new requests. */
  public void leave() {
    leaving = true;
    publish();
  }

  /** The node says nothing more, and takes back what it said. */
  public void end() {
    silent = true;
    models.end();
    nodes.keep(Set.of());
    devices.keep(Set.of());
    instances.keep(Set.of());
  }

  private void again() {
    if (!silent) {
      nodes.check();
      models.check();
      devices.check();
      instances.check();
      changed();
      owner.at(owner.nowNanos() + CHECK_NANOS, this::again);
    }
  }

  private void publish() {
    planned = false;
    if (silent) {
      return;
    }
    nodes.tell(node, new NodeState(node, engines.getFirst().kind(), leaving));
    models.publish();
    Set<String> present = new HashSet<>();
    List<DeviceLoop> loops = core.loops();
    for (int i = 0; i < loops.size(); i++) {
      DeviceLoop loop = loops.get(i);
      Map<Integer, InstanceSnapshot> snapshots =
          loop.snapshot().instances().stream()
              .collect(Collectors.toMap(InstanceSnapshot::index, Function.identity()));
      int running = 0;
      int waiting = 0;
      for (Instance instance : loop.instances()) {
        String key = node + "/" + instance.id();
        InstanceState state = state(i, instance, snapshots.get(instance.index()));
        present.add(key);
        running += state.running();
        waiting += state.waiting();
        instances.tell(key, state);
      }
      publish(i, running, waiting);
    }
    instances.keep(present);
  }

  private void publish(int index, int running, int waiting) {
    DeviceLoop loop = core.loops().get(index);
    String device = loop.spec().id().value();
    String key = node + "/" + device;
    DeviceState last = devices.told(key);
    DeviceState state =
        new DeviceState(
            node,
            device,
            engines.get(index).kind(),
            engines.get(index).detail(),
            loop.ledger().capacityBytes(),
            loop.ledger().promisedBytes(),
            loop.ledger().actualBytes(),
            running,
            waiting,
            last == null ? ++sequence : last.sequence());
    if (!state.equals(last)) {
      devices.tell(key, last == null ? state : state.numbered(++sequence));
    }
  }

  private InstanceState state(int device, Instance instance, InstanceSnapshot snapshot) {
    int running = instance.runningRequests().size();
    String word = instance.isLoaded() ? "loaded" : "loading";
    return new InstanceState(
        node,
        core.loops().get(device).spec().id().value(),
        device,
        instance.index(),
        instance.model().value(),
        snapshot.open() ? word : "leaving",
        snapshot.stays(),
        running,
        instance.requestCount() - running,
        Math.round(100 * Consolidation.USUAL.share(snapshot)) / 100.0,
        instance.isLoaded() ? instance.costs().shape().weightBytes() : 0,
        instance.heldKvBytes(),
        instance.usedKvBytes());
  }
}
