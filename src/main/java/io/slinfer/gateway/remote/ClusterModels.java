package io.slinfer.gateway.remote;

import io.slinfer.cluster.ClusterNode;
import io.slinfer.cluster.DeviceState;
import io.slinfer.cluster.InstanceState;
import io.slinfer.cluster.LiveNodes;
import io.slinfer.cluster.ModelState;
import io.slinfer.cluster.NodeState;
import io.slinfer.cluster.StateMap;
import io.slinfer.gateway.ServedModel;
import io.slinfer.placement.NodeOrder;
import io.slinfer.request.ModelId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the live nodes tell of models: who has them, how they stand, where a request would go. Reads
 * this node's copy of the shared maps. Safe for any thread.
 */
public final class ClusterModels {

  private static final List<String> WORDS = List.of("loaded", "loading", "failed", "cold");

  private final String own;
  private final LiveNodes live;
  private final StateMap<NodeState> nodes;
  private final StateMap<ModelState> models;
  private final StateMap<DeviceState> devices;
  private final StateMap<InstanceState> instances;

  public ClusterModels(ClusterNode cluster, LiveNodes live) {
    this.own = cluster.nodeName();
    this.live = live;
    this.nodes = cluster.map("nodes");
    this.models = cluster.map("models");
    this.devices = cluster.map("devices");
    this.instances = cluster.map("instances");
  }

  /** One entry for each model, of the node whose name comes first. */
  Map<ModelId, ModelState> all() {
    Map<ModelId, ModelState> first = new LinkedHashMap<>();
    models.entries().values().stream()
        .filter(model -> live.isLive(model.node()))
        .sorted(Comparator.comparing(ModelState::node))
        .forEach(model -> first.putIfAbsent(new ModelId(model.model()), model));
    return first;
  }

  /** How a model stands where it stands best: loaded, loading, failed or cold. */
  public String state(ModelId id) {
    int best = WORDS.size() - 1;
    for (String node : live.names()) {
      ModelState model = models.entries().get(node + "/" + id);
      best = model == null ? best : Math.min(best, WORDS.indexOf(model.state()));
    }
    return WORDS.get(best);
  }

  /** The live nodes that have a model's file, this one included. */
  List<String> holders(ModelId id, String fingerprint) {
    return live.names().stream()
        .filter(node -> entry(node, id, fingerprint).isPresent())
        .sorted()
        .toList();
  }

  private Optional<ModelState> entry(String node, ModelId id, String fingerprint) {
    return Optional.ofNullable(models.entries().get(node + "/" + id))
        .filter(model -> model.facts()[2].equals(fingerprint));
  }

  /**
   * The nodes to ask for a place for a request, the first to ask first.
   *
   * @param ownHas whether this node has the model's file
   */
  List<String> order(ServedModel model, boolean ownHas) {
    ModelId id = model.id();
    List<String> holders = new ArrayList<>(holders(id, model.facts().fingerprint()));
    holders.removeIf(node -> node.equals(own) || isLeaving(node));
    if (ownHas) {
      holders.add(own);
    }
    if (holders.size() < 2) {
      return holders;
    }
    Map<String, NodeOrder.Node> views = new LinkedHashMap<>();
    for (String node : holders) {
      views.put(node, new NodeOrder.Node(node, node.equals(own), false, false, 0, 0, 0, 0));
    }
    devices.entries().values().forEach(d -> views.computeIfPresent(d.node(), (n, v) -> with(v, d)));
    for (InstanceState instance : instances.entries().values()) {
      if (instance.model().equals(id.value()) && !instance.state().equals("leaving")) {
        views.computeIfPresent(instance.node(), (node, view) -> with(view, instance));
      }
    }
    return NodeOrder.of(List.copyOf(views.values()), model.facts().sizeBytes()).stream()
        .map(NodeOrder.Node::name)
        .toList();
  }

  private boolean isLeaving(String node) {
    NodeState state = nodes.entries().get(node);
    return state != null && state.leaving();
  }

  private static NodeOrder.Node with(NodeOrder.Node node, DeviceState device) {
    return new NodeOrder.Node(
        node.name(),
        node.own(),
        node.loaded(),
        node.present(),
        node.running(),
        node.waiting(),
        Math.max(node.freeBytes(), device.capacityBytes() - device.promisedBytes()),
        Math.max(node.capacityBytes(), device.capacityBytes()));
  }

  private static NodeOrder.Node with(NodeOrder.Node node, InstanceState instance) {
    return new NodeOrder.Node(
        node.name(),
        node.own(),
        node.loaded() || instance.state().equals("loaded"),
        true,
        node.running() + instance.running(),
        node.waiting() + instance.waiting(),
        node.freeBytes(),
        node.capacityBytes());
  }
}
