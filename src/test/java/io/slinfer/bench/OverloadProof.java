package io.slinfer.bench;

import io.slinfer.cli.Server;
import io.slinfer.config.Settings;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.cost.LatencyProfile;
import io.slinfer.cost.LatencyProfile.Curve;
import io.slinfer.cost.LatencyProfile.DecodeRow;
import io.slinfer.cost.MemoryTimes;
import io.slinfer.cost.ModelShape;
import io.slinfer.engine.emulated.EmulatedDevice;
import io.slinfer.engine.emulated.EmulatedEngine;
import io.slinfer.engine.emulated.EmulatedModel;
import io.slinfer.engine.emulated.MadeUpTokens;
import io.slinfer.engine.emulated.RealClock;
import io.slinfer.load.CallRecord;
import io.slinfer.load.CallRecord.Outcome;
import io.slinfer.load.LoadClient;
import io.slinfer.load.LoadSlo;
import io.slinfer.load.PlannedCall;
import io.slinfer.load.PoissonPlan;
import io.slinfer.node.EngineFactory;
import io.slinfer.testing.SettingsText;
import io.slinfer.testing.TestServer;
import io.vertx.core.Vertx;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * More than an emulated device can serve, over real HTTP: how much is served in time at each rate,
 * and how those are told that are not. {@code scripts/prove-overload}.
 */
final class OverloadProof implements AutoCloseable {

  private static final List<String> MODELS = List.of("one", "two", "three", "four");
  private static final long MEMORY_BYTES = 1L << 30;
  private static final int CONTEXT_TOKENS = 4_096;
  private static final int MOST_PROMPT_TOKENS = 768;

  private final Vertx vertx = Vertx.vertx();
  private final Server server;
  private final LoadClient client;

  /**
   * @param maxWaiting requests that may wait for their first step
   */
  OverloadProof(int maxWaiting) {
    Settings read =
        SettingsText.parse("devices: {cpu: {engine: emulated, max-waiting: " + maxWaiting + "}}");
    Settings settings = read.with(read.http().at("127.0.0.1", 0), read.models());
    EmulatedModel model =
        new EmulatedModel(
            new ModelShape(1 << 20, 4 << 10, 1),
            profile(),
            CONTEXT_TOKENS,
            new MadeUpTokens(258, IntStream.rangeClosed('a', 'z').toArray(), 257, 0));
    EmulatedDevice device =
        new EmulatedDevice("overloaded", MEMORY_BYTES, new MemoryTimes(0, 1e9, 0, 1e9, 0, 0, 0), 1);
    EngineFactory engine =
        (listener, owner) ->
            new EmulatedEngine(device, source -> model, new RealClock(owner), listener);
    InstanceCosts costs = new InstanceCosts(model.shape(), model.latency(), 1.1, 64, 32);
    server =
        Server.start(
            settings,
            TestServer.parts(settings, MEMORY_BYTES, costs, engine),
            TestServer.catalogue(CONTEXT_TOKENS, MODELS.toArray(String[]::new)));
    client =
        new LoadClient(
            vertx,
            new LoadClient.Target(URI.create("http://127.0.0.1:" + server.port()), "", 'a', 'z'));
  }

  /** 0.25 ms for a prompt token; 10 ms for a decode step, and 1 ms for each sequence. */
  private static LatencyProfile profile() {
    Curve prefill = new Curve(new double[] {1, 1_000}, new double[] {0.25e6, 250e6});
    Curve decode = new Curve(new double[] {1, 64}, new double[] {11e6, 74e6});
    return new LatencyProfile(prefill, List.of(new DecodeRow(1_000, decode)));
  }

  /**
   * What became of the calls at one rate.
   *
   * @param goodput calls served in time, a second
   * @param atOnceMillis median time to a refusal of a full queue; NaN without any
   * @param mostLateMillis by how much the slowest refusal came after its call's limit to the first
   *     token
   * @param broken calls that got a 200 and not the whole answer
   */
  record Level(
      double rate,
      int calls,
      double goodput,
      int refused,
      double atOnceMillis,
      double queuedMillis,
      double mostLateMillis,
      int broken) {

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "| %.0f | %d | %.2f | %d | %.1f | %.0f | %.0f | %d |",
          rate,
          calls,
          goodput,
          refused,
          atOnceMillis,
          queuedMillis,
          mostLateMillis,
          broken);
    }
  }

  /** Arguments: seconds a rate, requests that may wait, rates. */
  public static void main(String[] args) throws Exception {
    try (OverloadProof proof = new OverloadProof(Integer.parseInt(args[1]))) {
      proof.run(4, 15, 7);
      System.out.println(
          "| requests a second | calls | in time a second | refused | queue full, median ms | gave"
              + " up, median ms | latest after the limit, ms | broken |");
      System.out.println("|---|---|---|---|---|---|---|---|");
      for (String rate : args[2].split(",")) {
        System.out.println(proof.run(Double.parseDouble(rate), Integer.parseInt(args[0]), 1));
      }
    }
    System.exit(0);
  }

  /** Open-loop arrivals for so long, and until the last has ended. */
  Level run(double rate, int seconds, long seed) throws Exception {
    List<PlannedCall> plan =
        new PoissonPlan(rate, seconds, 1, 0.5, 200, 20, 0, seed)
            .calls(MODELS).stream().map(OverloadProof::bounded).toList();
    List<CallRecord> records = client.run(plan, seed).await(5, TimeUnit.MINUTES);
    long met = records.stream().filter(LoadSlo.DEFAULT::met).count();
    List<CallRecord> refused =
        records.stream().filter(record -> record.outcome() == Outcome.REFUSED).toList();
    Predicate<CallRecord> atOnce = record -> record.error().contains("queue_full");
    return new Level(
        rate,
        records.size(),
        met / (double) seconds,
        refused.size(),
        medianMillis(refused.stream().filter(atOnce).toList()),
        medianMillis(refused.stream().filter(atOnce.negate()).toList()),
        refused.stream().mapToDouble(OverloadProof::lateMillis).max().orElse(0),
        (int) records.stream().filter(record -> record.outcome() == Outcome.FAILED).count());
  }

  private static PlannedCall bounded(PlannedCall call) {
    return new PlannedCall(
        call.model(),
        call.atNanos(),
        Math.min(MOST_PROMPT_TOKENS, call.promptTokens()),
        call.outputTokens(),
        call.disconnectAfterTokens());
  }

  private static double medianMillis(List<CallRecord> records) {
    double[] millis =
        records.stream()
            .mapToDouble(record -> (record.endNanos() - record.sentNanos()) / 1e6)
            .sorted()
            .toArray();
    return millis.length == 0
        ? Double.NaN
        : Arrays.stream(millis).skip(millis.length / 2).findFirst().orElseThrow();
  }

  private static double lateMillis(CallRecord record) {
    double limit = Math.max(record.call().promptTokens() / 512.0, 0.5);
    return (record.endNanos() - record.sentNanos()) / 1e6 - 1e3 * limit;
  }

  @Override
  public void close() {
    client.close();
    server.close();
    vertx.close().await();
  }
}
