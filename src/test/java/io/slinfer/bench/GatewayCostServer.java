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
import io.slinfer.node.EngineFactory;
import io.slinfer.testing.SettingsText;
import io.slinfer.testing.TestServer;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The server side of {@link GatewayCost}: our server with an emulated engine at no delay, our
 * server with one paced to 20,000 and with one paced to 200,000 tokens a second, and a bare Vert.x
 * loop beside the first two. Prints the ports, then obeys: {@code watch} begins to watch handlers,
 * {@code watched} prints the longest.
 */
public final class GatewayCostServer {

  private static final String YAML =
      """
      http: {port: 0, event-loops: 2}
      devices: {cpu: {engine: emulated, delay: %d, max-batch: 4096, max-waiting: 4096}}
      """;
  private static final int STREAMS = 256;
  private static final int TOKENS_PER_SECOND = 20_000;
  private static final int BUSY_TOKENS_PER_SECOND = 200_000;
  private static final double STEP_NANOS = 1e9 * STREAMS / TOKENS_PER_SECOND;
  private static final double BUSY_STEP_NANOS = 1e9 * STREAMS / BUSY_TOKENS_PER_SECOND;

  private GatewayCostServer() {}

  public static void main(String[] args) throws Exception {
    Server timeless = start(0, Double.POSITIVE_INFINITY, STEP_NANOS, plainTokens());
    Server paced = start(1, 1, STEP_NANOS, null);
    Server busy = start(1, 1, BUSY_STEP_NANOS, plainTokens());
    Vertx plain = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
    BareLoop barePaced = BareLoop.paced(plain, (long) STEP_NANOS);
    BareLoop bareTimeless = BareLoop.timeless(plain);
    HandlerWatch watch = new HandlerWatch();
    System.out.printf(
        "> %d %d %d %d %d%n",
        timeless.port(), bareTimeless.port(), paced.port(), barePaced.port(), busy.port());
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = orders.readLine(); line != null; line = orders.readLine()) {
      if (line.equals("watch")) {
        watch.begin();
        System.out.println("> ok");
      } else {
        System.out.println("> " + watch.end());
      }
    }
    System.exit(0);
  }

  private static MadeUpTokens plainTokens() {
    return new MadeUpTokens(258, IntStream.rangeClosed('a', 'z').toArray(), 257, 0);
  }

  /**
   * @param words null for tokens that tell the time
   */
  private static Server start(int delay, double speed, double stepNanos, MadeUpTokens words) {
    Settings read = SettingsText.parse(YAML.formatted(delay));
    Settings settings = read.with(read.http().at("127.0.0.1", 0), read.models());
    MemoryTimes times = new MemoryTimes(0, 1e9, 0, 1e9, 0, 0, 0);
    EmulatedDevice device = new EmulatedDevice("bench", 64L << 30, times, speed);
    Curve flat = new Curve(new double[] {1, 1 << 20}, new double[] {stepNanos, stepNanos});
    EmulatedModel model =
        new EmulatedModel(
            new ModelShape(1 << 20, 64 << 10, 1),
            new LatencyProfile(
                new Curve(new double[] {1, 1 << 20}, new double[] {1_000, 1_000}),
                List.of(new DecodeRow(1 << 20, flat))),
            1 << 14,
            words == null ? plainTokens() : words);
    boolean timed = words == null;
    EngineFactory engine =
        (listener, owner) -> {
          TimedTokens stamps = new TimedTokens(listener, owner);
          return timed
              ? new EmulatedEngine(
                  device, source -> model, new RealClock(stamps::execute), stamps::onEvent)
              : new EmulatedEngine(device, source -> model, new RealClock(owner), listener);
        };
    InstanceCosts costs = new InstanceCosts(model.shape(), model.latency(), 1, 64, 32);
    return Server.start(
        settings,
        TestServer.parts(settings, 64L << 30, costs, engine),
        timed ? TimedTokens.catalogue("bench", 1 << 14) : TestServer.catalogue(1 << 14, "bench"));
  }
}
