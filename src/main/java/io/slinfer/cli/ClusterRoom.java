package io.slinfer.cli;

import io.slinfer.cluster.ClusterNode;
import io.slinfer.cluster.DeviceState;
import io.slinfer.cluster.InstanceState;
import io.slinfer.cluster.LiveNodes;
import io.slinfer.cluster.StateMap;
import io.slinfer.config.ServingSettings;
import io.slinfer.config.Settings;
import io.slinfer.engine.ModelSource;
import io.slinfer.gateway.LocalServing;
import io.slinfer.gateway.ModelCatalogue;
import io.slinfer.gateway.ModelTexts;
import io.slinfer.gateway.PublishedModels;
import io.slinfer.gateway.ServedModel;
import io.slinfer.gateway.Serving;
import io.slinfer.gateway.StatePublisher;
import io.slinfer.gateway.remote.ClusterCatalogue;
import io.slinfer.gateway.remote.ClusterModels;
import io.slinfer.gateway.remote.RemoteNodes;
import io.slinfer.gateway.remote.RequestServer;
import io.slinfer.http.NodeStatus;
import io.slinfer.memory.verticle.MemoryScalingVerticle;
import io.slinfer.metrics.ServingMeters;
import io.slinfer.node.DispatchVerticle;
import io.slinfer.node.NodeCore;
import io.slinfer.node.OwnerLoop;
import io.slinfer.packing.verticle.BinPackingVerticle;
import io.slinfer.request.ModelId;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's part in its cluster: tells how it stands, lets what others tell move its memory, asks
 * others' devices and serves what others ask of its own. Of a node that is alone only the first
 * two.
 */
final class ClusterRoom {

  private static final Logger LOG = LoggerFactory.getLogger(ClusterRoom.class);

  private final ClusterNode cluster;
  private final Vertx vertx;
  private final Parts parts;
  private final LiveNodes live;
  private final ClusterModels models;
  private final ModelCatalogue catalogue;
  private final StatePublisher publisher;
  private final MemoryScalingVerticle scaling;
  private final BinPackingVerticle packing;
  private final Optional<RequestServer> server;
  private final Optional<RemoteNodes> remote;

  /** From where models that are wanted warm were made known. */
  private final Map<ModelId, ModelSource> learned = new ConcurrentHashMap<>();

  /**
   * The node itself.
   *
   * @param own the models of its files
   * @param texts shared with its gateways
   */
  record Parts(
      NodeCore core,
      OwnerLoop owner,
      List<DispatchVerticle> devices,
      ModelCatalogue own,
      ModelTexts texts,
      ServingMeters meters) {}

  ClusterRoom(ClusterNode cluster, Vertx vertx, Settings settings, Parts parts) {
    this.cluster = cluster;
    this.vertx = vertx;
    this.parts = parts;
    long lostMillis = settings.cluster().lostMillis();
    this.live = LiveNodes.start(cluster, vertx, lostMillis);
    this.models = new ClusterModels(cluster, live);
    NodeCore core = parts.core();
    OwnerLoop owner = parts.owner();
    Set<String> warm = warm(settings.serving());
    this.publisher =
        new StatePublisher(
            cluster,
            parts.devices().stream().map(ClusterRoom::engine).toList(),
            core,
            owner,
            new PublishedModels.Source(parts.own(), core.states(), warm::contains));
    this.scaling = new MemoryScalingVerticle(cluster, live::isLive, this::load);
    this.packing = new BinPackingVerticle(cluster, live::isLive, core, owner);
    if (cluster.isAlone()) {
      this.catalogue = parts.own();
      this.server = Optional.empty();
      this.remote = Optional.empty();
      warm.stream()
          .filter(id -> parts.own().find(new ModelId(id)).isEmpty())
          .forEach(id -> LOG.warn("serving: {} is to be warm, but is not served", id));
    } else {
      ClusterCatalogue all =
          new ClusterCatalogue(parts.own(), models, settings.models().first(), vertx);
      this.catalogue = all;
      this.server =
          Optional.of(
              new RequestServer(
                  cluster.nodeName(),
                  new LocalServing(core.inbox()),
                  parts.own(),
                  parts.texts(),
                  live));
      this.remote =
          Optional.of(
              new RemoteNodes(cluster.nodeName(), all, models, live, parts.meters(), lostMillis));
      cluster.onNode(Runnable::run, joined -> {}, this::forget);
    }
  }

  private static Set<String> warm(ServingSettings serving) {
    Set<String> warm = new LinkedHashSet<>(serving.pinned());
    warm.addAll(serving.warm());
    return warm;
  }

  private static StatePublisher.Engine engine(DispatchVerticle device) {
    return new StatePublisher.Engine(device.description().kind(), device.description().detail());
  }

  /** Begins; after the devices, before HTTP. */
  Future<?> start() {
    Future<?> verticles =
        vertx
            .deployVerticle(scaling, new DeploymentOptions())
            .compose(id -> vertx.deployVerticle(packing, new DeploymentOptions()));
    if (server.isPresent()) {
      verticles =
          verticles.compose(id -> vertx.deployVerticle(server.get(), new DeploymentOptions()));
    }
    return verticles.onSuccess(
        id -> {
          live.onLost(Runnable::run, node -> scaling.nodeLost());
          live.onCome(parts.owner(), node -> publisher.retell());
          cluster.onRejoin(() -> parts.owner().execute(publisher::retell));
          parts.owner().execute(publisher::start);
        });
  }

  /** The models that can be called here. */
  ModelCatalogue catalogue() {
    return catalogue;
  }

  /** How a model stands, in one word. */
  String state(ModelId model) {
    return remote.isEmpty() ? parts.core().states().of(model) : models.state(model);
  }

  /** What the requests of a gateway go to; called on its event loop. */
  Serving serving(Context context) {
    LocalServing own = new LocalServing(parts.core().inbox());
    return remote.map(nodes -> nodes.serving(vertx, context, own)).orElse(own);
  }

  /** The devices of all nodes; empty if there is only this one. */
  Optional<List<NodeStatus.Device>> devices() {
    if (remote.isEmpty()) {
      return Optional.empty();
    }
    StateMap<DeviceState> devices = cluster.map("devices");
    return Optional.of(
        devices.entries().values().stream()
            .filter(device -> live.isLive(device.node()))
            .sorted(Comparator.comparing(DeviceState::node).thenComparing(DeviceState::device))
            .map(this::status)
            .toList());
  }

  private NodeStatus.Device status(DeviceState device) {
    StateMap<InstanceState> instances = cluster.map("instances");
    Stream<InstanceState> own =
        instances.entries().values().stream()
            .filter(instance -> instance.node().equals(device.node()))
            .filter(instance -> instance.device().equals(device.device()))
            .sorted(Comparator.comparingInt(InstanceState::index));
    return new NodeStatus.Device(
        device.node() + "/" + device.device(),
        device.kind(),
        device.detail(),
        device.capacityBytes(),
        own.map(
                instance ->
                    new NodeStatus.Instance(
                        new ModelId(instance.model()),
                        !instance.state().equals("loading"),
                        instance.running(),
                        instance.waiting(),
                        instance.weightBytes(),
                        instance.kvUsedBytes(),
                        instance.kvHeldBytes()))
            .toList());
  }

  /** Loads a model if there is room for it now. */
  private void load(ModelId id) {
    Optional<ServedModel> model = parts.own().find(id);
    if (model.isEmpty()) {
      return;
    }
    NodeCore core = parts.core();
    ModelSource source = model.get().source();
    if (source.equals(learned.put(id, source))) {
      parts.owner().execute(() -> core.warm(id));
    } else {
      core.learn(source, () -> core.warm(id));
    }
  }

  /** Takes no new requests from others; completes when theirs have ended. */
  Future<Void> drain() {
    parts.owner().execute(publisher::leave);
    return server.map(RequestServer::drain).orElseGet(Future::succeededFuture);
  }

  /** Takes back what this node told. */
  Future<Void> leave() {
    Promise<Void> left = Promise.promise();
    parts
        .owner()
        .execute(
            () -> {
              publisher.end();
              left.complete();
            });
    return left.future();
  }

  /** Ends the listeners that drive memory scaling and bin-packing. */
  void stopListening() {
    scaling.stopListening();
    packing.stopListening();
  }

  /** Removes what a node told that is a member no more; all that are left do the same. */
  private void forget(String node) {
    for (String map : List.of("nodes", "models", "devices", "instances")) {
      StateMap<Object> entries = cluster.map(map);
      entries.entries().keySet().stream()
          .filter(key -> key.equals(node) || key.startsWith(node + "/"))
          .forEach(entries::remove);
    }
  }
}
