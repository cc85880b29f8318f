package io.slinfer.cli;

import io.slinfer.cluster.ClusterNode;
import io.slinfer.config.AdminSettings;
import io.slinfer.config.ServingSettings;
import io.slinfer.config.Settings;
import io.slinfer.config.SettingsException;
import io.slinfer.gateway.AdjustableCatalogue;
import io.slinfer.gateway.AdmissionVerticle;
import io.slinfer.gateway.AdmissionVerticle.Occupancy;
import io.slinfer.gateway.Gateway;
import io.slinfer.gateway.LocalServing;
import io.slinfer.gateway.ModelCatalogue;
import io.slinfer.gateway.ModelTexts;
import io.slinfer.gateway.Operations;
import io.slinfer.gateway.Serving;
import io.slinfer.gateway.SloRules;
import io.slinfer.gateway.SloWish;
import io.slinfer.http.AdminVerticle;
import io.slinfer.http.HttpVerticle;
import io.slinfer.http.NodeStatus;
import io.slinfer.http.SlowHeads;
import io.slinfer.http.Surface;
import io.slinfer.http.TextSurface;
import io.slinfer.http.admin.AdminSurface;
import io.slinfer.http.anthropic.AnthropicSurface;
import io.slinfer.http.console.ConsoleSurface;
import io.slinfer.http.ollama.OllamaSurface;
import io.slinfer.http.responses.ResponsesSurface;
import io.slinfer.metrics.ServingMeters;
import io.slinfer.node.CostSource;
import io.slinfer.node.DeviceParts;
import io.slinfer.node.DispatchVerticle;
import io.slinfer.node.InstanceStatus;
import io.slinfer.node.NodeCore;
import io.slinfer.node.NodeRecorder;
import io.slinfer.node.OwnerLoop;
import io.slinfer.node.Promises;
import io.slinfer.placement.ExclusivePlacement;
import io.slinfer.recording.RecordedNode;
import io.slinfer.recording.RecordingFile;
import io.slinfer.request.ModelId;
import io.slinfer.scheduler.ServingPolicy;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxBuilder;
import io.vertx.core.VertxOptions;
import io.vertx.core.transport.Transport;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One serving node put together: admission and the devices first, then HTTP in front of them;
 * closed in the reverse sense, so that what is in flight ends with a clear error. Started and
 * closed by the main thread.
 */
public final class Server implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Server.class);
  private static final int MOST_EVENT_LOOPS = 4;
  private static final long START_SECONDS = 60;
  private static final long STOP_SECONDS = 20;

  private final SlowHeads slowHeads;
  private final Vertx vertx;
  private final ServingMeters meters;
  private final AdmissionVerticle admission;
  private final NodeCore core;
  private final OwnerLoop owner;
  private final Optional<ClusterNode> cluster;
  private final Optional<RecordingFile> recording;
  private Optional<ClusterRoom> room = Optional.empty();
  private final List<DispatchVerticle> devices = new ArrayList<>();
  private final long drainMillis;
  private final List<HttpVerticle> http = new ArrayList<>();
  private Optional<AdminVerticle> admin = Optional.empty();

  /**
   * What a node serves with.
   *
   * @param costs made for the node's Vert.x
   * @param cluster where the node tells how it stands; empty: nobody is told, and nothing is scaled
   *     or packed by what is told
   * @param recording gets all that comes in and is decided
   */
  public record Parts(
      List<DeviceParts> devices,
      ServingPolicy policy,
      Function<Vertx, CostSource> costs,
      Optional<ClusterNode> cluster,
      Optional<RecordingFile> recording) {

    /** A node that tells nobody how it stands. */
    public Parts(
        List<DeviceParts> devices, ServingPolicy policy, Function<Vertx, CostSource> costs) {
      this(devices, policy, costs, Optional.empty(), Optional.empty());
    }

    /** The same in a cluster. */
    public Parts in(ClusterNode node) {
      return new Parts(devices, policy, costs, Optional.of(node), recording);
    }

    /** The same, recorded; the server closes the recording. */
    public Parts recordedTo(RecordingFile file) {
      return new Parts(devices, policy, costs, cluster, Optional.of(file));
    }
  }

  private Server(Settings settings, Parts parts) {
    int loops = eventLoops(settings);
    this.drainMillis = settings.http().drainMillis();
    this.slowHeads = new SlowHeads(settings.http().slowClientMillis());
    this.cluster = parts.cluster();
    this.vertx = vertx(loops);
    this.meters = new ServingMeters(settings.metrics().vllmNames(), settings.device().emulated());
    this.owner = new OwnerLoop();
    this.recording = parts.recording();
    ServingSettings serving = settings.serving();
    Promises promises =
        new Promises(
            TimeUnit.MILLISECONDS.toNanos(serving.coldStartMillis()),
            model -> serving.bestEffort().contains(model.value()));
    this.core =
        new NodeCore(
            new NodeCore.Parts(
                parts.devices(),
                parts.costs().apply(vertx),
                serving.exclusive() ? new ExclusivePlacement(true, 1) : parts.policy().placement(),
                parts.policy().deadlines(),
                promises,
                owner,
                owner,
                settings.device().maxWaiting(),
                meters,
                recording
                    .map(file -> file.of(recorded(settings, parts)))
                    .orElse(NodeRecorder.NONE)));
    this.admission = new AdmissionVerticle(owner, core);
    for (int i = 0; i < parts.devices().size(); i++) {
      devices.add(new DispatchVerticle(parts.devices().get(i), core.driver(i), owner, meters));
    }
  }

  private Vertx vertx(int loops) {
    VertxBuilder builder = Vertx.builder().withTransport(slowHeads.watching(transport()));
    // One for the owner; in a cluster one more, for what other nodes ask.
    int others = cluster.isEmpty() || cluster.get().isAlone() ? 1 : 2;
    VertxOptions options = new VertxOptions().setEventLoopPoolSize(loops + others);
    if (cluster.isEmpty()) {
      return builder.with(options).build();
    }
    Future<Vertx> started = cluster.get().startVertx(builder, options);
    wait(started, START_SECONDS);
    return started.result();
  }

  /**
   * Starts a node and waits until it listens.
   *
   * @throws SettingsException naming the setting if the address cannot be used
   */
  public static Server start(Settings settings, Parts parts, ModelCatalogue catalogue) {
    Server server = new Server(settings, parts);
    try {
      server.deploy(settings, catalogue);
      return server;
    } catch (RuntimeException failure) {
      server.close();
      throw failure;
    }
  }

  private static RecordedNode recorded(Settings settings, Parts parts) {
    ServingSettings serving = settings.serving();
    return new RecordedNode(
        System.nanoTime(),
        serving.exclusive(),
        TimeUnit.MILLISECONDS.toNanos(serving.coldStartMillis()),
        settings.device().maxWaiting(),
        serving.pinned(),
        serving.bestEffort(),
        parts.devices());
  }

  /** The port that it listens on. */
  public int port() {
    return http.getFirst().port();
  }

  /** What is in use now. */
  public Future<Occupancy> occupancy() {
    return admission.occupancy();
  }

  /** The port of {@code /admin}; empty if it has none of its own. */
  public OptionalInt adminPort() {
    return admin.map(own -> OptionalInt.of(own.port())).orElseGet(OptionalInt::empty);
  }

  /** Every path of {@code /admin} on its own port, with its methods. */
  public Map<String, String> adminPaths() {
    return admin.orElseThrow().paths();
  }

  /** Every path that it serves, with its method. */
  public Map<String, String> paths() {
    return http.getFirst().paths();
  }

  @Override
  public void close() {
    try {
      wait(
          Future.join(
                  Stream.concat(
                          room.map(ClusterRoom::drain).stream(),
                          http.stream().map(HttpVerticle::drain))
                      .toList())
              .compose(drained -> Future.join(http.stream().map(HttpVerticle::shutdown).toList())),
          TimeUnit.MILLISECONDS.toSeconds(drainMillis) + STOP_SECONDS);
    } catch (RuntimeException failure) {
      LOG.warn("stopping did not end in order", failure);
    }
    try {
      room.ifPresent(own -> wait(own.leave(), STOP_SECONDS));
      wait(vertx.close(), STOP_SECONDS);
    } finally {
      recording.ifPresent(RecordingFile::close);
      cluster.ifPresent(ClusterNode::close);
      meters.close();
    }
  }

  private void deploy(Settings settings, ModelCatalogue all) {
    AdjustableCatalogue own = new AdjustableCatalogue(all);
    wait(vertx.deployVerticle(admission, new DeploymentOptions()), START_SECONDS);
    for (DispatchVerticle device : devices) {
      wait(vertx.deployVerticle(device, new DeploymentOptions()), START_SECONDS);
    }
    ModelTexts texts = new ModelTexts(vertx);
    room =
        cluster.map(
            node ->
                new ClusterRoom(
                    node,
                    vertx,
                    settings,
                    new ClusterRoom.Parts(core, owner, devices, own, texts, meters)));
    room.ifPresent(joined -> wait(joined.start(), START_SECONDS));
    ModelCatalogue catalogue = room.isPresent() ? room.get().catalogue() : own;
    SloRules slos = slos(settings.serving());
    AdminSettings operators = settings.http().admin();
    Surface adminSurface =
        new AdminSurface(new Operations(vertx, own, core, owner), operators.keys());
    List<Surface> surfaces =
        new ArrayList<>(
            List.of(
                new TextSurface(),
                new ResponsesSurface(),
                new AnthropicSurface(),
                new OllamaSurface(Version.current(), this::status),
                new ConsoleSurface(this::status)));
    if (operators.isPublic()) {
      surfaces.add(adminSurface);
    }
    HttpVerticle.Services services =
        new HttpVerticle.Services(
            settings.http(),
            catalogue,
            context -> new Gateway(context, catalogue, texts, serving(context), slos, meters),
            () -> !catalogue.models().isEmpty(),
            meters,
            devices.getFirst().description().kind(),
            this::state,
            surfaces,
            slowHeads);
    for (int i = 0; i < eventLoops(settings); i++) {
      HttpVerticle verticle = new HttpVerticle(services);
      try {
        wait(vertx.deployVerticle(verticle, new DeploymentOptions()), START_SECONDS);
      } catch (CompletionException failure) {
        throw startFailure(settings.http().host() + ":" + settings.http().port(), failure);
      }
      http.add(verticle);
    }
    if (operators.hasPort()) {
      admin = Optional.of(deployAdmin(settings, adminSurface));
    }
  }

  private AdminVerticle deployAdmin(Settings settings, Surface surface) {
    AdminVerticle verticle =
        new AdminVerticle(
            settings.http(), surface, meters, devices.getFirst().description().kind());
    try {
      wait(vertx.deployVerticle(verticle, new DeploymentOptions()), START_SECONDS);
    } catch (CompletionException failure) {
      AdminSettings address = settings.http().admin();
      throw startFailure(address.host() + ":" + address.port(), failure);
    }
    LOG.info(
        "operators are served on {}:{}/admin", settings.http().admin().host(), verticle.port());
    return verticle;
  }

  private Serving serving(Context context) {
    return room.map(joined -> joined.serving(context))
        .orElseGet(() -> new LocalServing(core.inbox()));
  }

  private String state(ModelId model) {
    return room.map(joined -> joined.state(model)).orElseGet(() -> core.states().of(model));
  }

  private Future<List<NodeStatus.Device>> status() {
    Optional<List<NodeStatus.Device>> all = room.flatMap(ClusterRoom::devices);
    return all.isPresent() ? Future.succeededFuture(all.get()) : ownStatus();
  }

  private Future<List<NodeStatus.Device>> ownStatus() {
    return admission
        .instances()
        .map(
            all -> {
              List<NodeStatus.Device> states = new ArrayList<>();
              for (int i = 0; i < devices.size(); i++) {
                DispatchVerticle device = devices.get(i);
                states.add(
                    new NodeStatus.Device(
                        device.device().value(),
                        device.description().kind(),
                        device.description().detail(),
                        device.memoryBytes(),
                        all.get(i).stream().map(Server::status).toList()));
              }
              return states;
            });
  }

  private static NodeStatus.Instance status(InstanceStatus instance) {
    return new NodeStatus.Instance(
        instance.model(),
        instance.loaded(),
        instance.running(),
        instance.waiting(),
        instance.weightBytes(),
        instance.kvUsedBytes(),
        instance.kvHeldBytes());
  }

  /** Ends the listeners that drive memory scaling and bin-packing. */
  void stopListening() {
    room.orElseThrow().stopListening();
  }

  private static SloRules slos(ServingSettings serving) {
    Map<ModelId, SloWish> wishes = new HashMap<>();
    serving
        .promises()
        .forEach(
            (model, promise) ->
                wishes.put(
                    new ModelId(model), new SloWish(promise.firstMillis(), promise.tokenMillis())));
    return new SloRules(wishes);
  }

  private static RuntimeException startFailure(String address, CompletionException failure) {
    if (failure.getCause() instanceof IOException) {
      return new SettingsException(
          "cannot listen on "
              + address
              + " ("
              + failure.getCause().getMessage()
              + "); choose another address with --host or --port");
    }
    return failure;
  }

  /** The operating system's own where there is one. */
  private static Transport transport() {
    Transport own = Transport.nativeTransport();
    return own != null && own.available() ? own : Transport.NIO;
  }

  private static int eventLoops(Settings settings) {
    int asked = settings.http().eventLoops();
    return asked > 0
        ? asked
        : Math.min(MOST_EVENT_LOOPS, Runtime.getRuntime().availableProcessors());
  }

  private static void wait(Future<?> future, long seconds) {
    try {
      future.toCompletionStage().toCompletableFuture().get(seconds, TimeUnit.SECONDS);
    } catch (ExecutionException failure) {
      throw new CompletionException(failure.getCause());
    } catch (TimeoutException failure) {
      throw new IllegalStateException("no answer within " + seconds + " s", failure);
    } catch (InterruptedException failure) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", failure);
    }
  }
}
