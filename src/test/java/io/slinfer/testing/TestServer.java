package io.slinfer.testing;

import io.slinfer.cli.NodeDevices;
import io.slinfer.cli.Server;
import io.slinfer.config.Settings;
import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.cost.MemoryTimes;
import io.slinfer.engine.ModelSource;
import io.slinfer.gateway.AdmissionVerticle.Occupancy;
import io.slinfer.gateway.ModelCatalogue;
import io.slinfer.gateway.ModelFacts;
import io.slinfer.gateway.ModelText;
import io.slinfer.gateway.ServedModel;
import io.slinfer.node.EngineFactory;
import io.slinfer.request.ModelId;
import io.slinfer.scheduler.ServingPolicy;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A whole node in this process, with a scripted engine, on a free port. */
public final class TestServer implements AutoCloseable {

  private static final long KV_BYTES = 1 << 20;
  private static final MemoryTimes TIMES = new MemoryTimes(0, 10, 0, 10, 0, 0, 0);

  private static final ModelFacts FACTS =
      new ModelFacts(
          "llama",
          1_100_000_000,
          "Q4_0",
          600 << 20,
          "0".repeat(64),
          Map.of("llama.block_count", 22));

  private final Server server;
  private ScriptedEngine engine;

  /**
   * @param yaml the settings file's text; the port is always a free one
   */
  public TestServer(String yaml, ScriptedEngine.Script script, String... models) {
    this(yaml, script, KV_BYTES, models);
  }

  public TestServer(String yaml, ScriptedEngine.Script script, long kvBytes, String... models) {
    Settings settings = settings(yaml);
    long memoryBytes = kvBytes + models.length * script.model().weightBytes();
    server =
        Server.start(
            settings,
            parts(
                settings,
                memoryBytes,
                Scripts.costs(script.model()),
                (listener, owner) -> engine = new ScriptedEngine(script, listener, owner)),
            catalogue(script.model().contextTokens(), models));
  }

  /** One CPU device with an engine and costs of the test's choice. */
  public static Server.Parts parts(
      Settings settings, long memoryBytes, InstanceCosts costs, EngineFactory engines) {
    ServingPolicy policy = NodeDevices.policy(settings, settings.device(), TIMES);
    return new Server.Parts(
        List.of(NodeDevices.parts(settings.device(), DeviceKind.CPU, memoryBytes, policy, engines)),
        policy,
        vertx -> source -> Future.succeededFuture(Map.of(DeviceKind.CPU, costs)));
  }

  public int port() {
    return server.port();
  }

  public String url() {
    return "http://127.0.0.1:" + port();
  }

  /** Where {@code /admin} is. */
  public String adminUrl() {
    return "http://127.0.0.1:" + server.adminPort().orElseThrow();
  }

  /** Every path of {@code /admin}, with its methods. */
  public Map<String, String> adminPaths() {
    return server.adminPaths();
  }

  /** Every path that it serves, with its method. */
  public Map<String, String> paths() {
    return server.paths();
  }

  public ScriptedEngine engine() {
    return engine;
  }

  /** Waits until no request is left on the device and no KV block is used. */
  public void awaitIdle() throws Exception {
    awaitIdle(server);
  }

  static void awaitIdle(Server server) throws Exception {
    await(server, occupancy -> occupancy.equals(Occupancy.NONE));
  }

  /** Waits until the device has this many requests. */
  public void awaitLiveRequests(int count) throws Exception {
    await(server, occupancy -> occupancy.liveRequests() == count);
  }

  /** Waits until the device knows that this many callers have gone whose requests it still has. */
  public void awaitLeaving(int count) throws Exception {
    await(server, occupancy -> occupancy.leavingRequests() == count);
  }

  private static void await(Server server, Predicate<Occupancy> wanted) throws Exception {
    long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (true) {
      Occupancy occupancy = server.occupancy().await(5, TimeUnit.SECONDS);
      if (wanted.test(occupancy)) {
        return;
      }
      if (System.nanoTime() - deadlineNanos > 0) {
        throw new AssertionError("still in use: " + occupancy);
      }
    }
  }

  @Override
  public void close() {
    server.close();
  }

  private static Settings settings(String yaml) {
    Settings settings = SettingsText.parse(yaml);
    return settings.with(settings.http().at(null, 0), settings.models());
  }

  /** Models with a byte tokenizer and a template that joins the contents. */
  public static ModelCatalogue catalogue(int contextTokens, String... ids) {
    List<ServedModel> models =
        java.util.Arrays.stream(ids)
            .map(
                id ->
                    new ServedModel(
                        new ModelId(id),
                        1_700_000_000,
                        FACTS,
                        contextTokens,
                        new ModelSource(new ModelId(id), List.of(), 0),
                        () ->
                            ModelText.of(
                                new ByteTokenizer(),
                                new JoiningTemplate(),
                                JoiningTemplate.SOURCE)))
            .toList();
    return new ModelCatalogue() {
      @Override
      public List<ServedModel> models() {
        return models;
      }

      @Override
      public Optional<ServedModel> find(ModelId id) {
        return models.stream().filter(model -> model.id().equals(id)).findFirst();
      }
    };
  }
}
