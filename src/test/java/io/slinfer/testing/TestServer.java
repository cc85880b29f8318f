package io.slinfer.testing;

import io.slinfer.cli.Server;
import io.slinfer.config.Settings;
import io.slinfer.engine.ModelSource;
import io.slinfer.gateway.ModelCatalogue;
import io.slinfer.gateway.ModelFacts;
import io.slinfer.gateway.ModelText;
import io.slinfer.gateway.ServedModel;
import io.slinfer.node.DispatchVerticle.Occupancy;
import io.slinfer.request.ModelId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A whole node in this process, with a scripted engine, on a free port. */
public final class TestServer implements AutoCloseable {

  private static final long KV_BYTES = 1 << 20;

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
    server =
        Server.start(
            settings(yaml),
            (listener, owner) -> engine = new ScriptedEngine(script, listener, owner),
            catalogue(script.model().contextTokens(), models),
            kvBytes);
  }

  public int port() {
    return server.port();
  }

  public String url() {
    return "http://127.0.0.1:" + port();
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
    await(occupancy -> occupancy.equals(new Occupancy(0, 0)));
  }

  /** Waits until the device has this many requests. */
  public void awaitLiveRequests(int count) throws Exception {
    await(occupancy -> occupancy.liveRequests() == count);
  }

  private void await(Predicate<Occupancy> wanted) throws Exception {
    long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (true) {
      Occupancy occupancy = server.device().occupancy().await(5, TimeUnit.SECONDS);
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
