package io.slinfer.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.cluster.ClusterNode;
import io.slinfer.cluster.DeviceState;
import io.slinfer.cluster.InstanceState;
import io.slinfer.cluster.StateMap;
import io.slinfer.config.ClusterSettings;
import io.slinfer.config.Settings;
import io.slinfer.testing.ScriptedEngine;
import io.slinfer.testing.ScriptedEngine.Script;
import io.slinfer.testing.Scripts;
import io.slinfer.testing.SettingsText;
import io.slinfer.testing.TestServer;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** A node alone in its cluster: what the maps say drives its memory. */
final class ClusterDrivenTest {

  private static final String YAML =
      "serving: {warm: [demo-chat], keep-alive: 50 ms, least-residence: 0 s}";

  private ScriptedEngine engine;

  @Test
  void aWarmModelIsLoadedByWhatTheMapsSayAndNoMoreOnceNobodyListens() throws Exception {
    Settings read = SettingsText.parse(YAML);
    Settings settings = read.with(read.http().at(null, 0), read.models());
    ClusterNode node = ClusterNode.start(ClusterSettings.alone("here"));
    StateMap<DeviceState> devices = node.map("devices");
    StateMap<InstanceState> instances = node.map("instances");
    Script script = Script.of(Scripts.SMALL, Scripts.echo());
    Server.Parts parts =
        TestServer.parts(
            settings,
            4 << 20,
            Scripts.costs(script.model()),
            (listener, owner) -> engine = new ScriptedEngine(script, listener, owner));
    try (Server server =
        Server.start(settings, parts.in(node), TestServer.catalogue(1_024, "demo-chat"))) {
      await(() -> engine.loads().size() == 1);
      await(() -> actualBytes(devices) == script.model().weightBytes());
      await(() -> !instances.entries().isEmpty());
      assertEquals("demo-chat", instances.entries().values().iterator().next().model());
      assertEquals("here", devices.entries().values().iterator().next().node());

      ask(server);
      await(() -> engine.unloads().size() == 1);
      await(() -> engine.loads().size() == 2);
      await(() -> actualBytes(devices) == script.model().weightBytes());

      server.stopListening();
      ask(server);
      await(() -> engine.unloads().size() == 2);
      await(() -> actualBytes(devices) == 0);
      await(() -> instances.entries().isEmpty());
      assertEquals(2, engine.loads().size());
    }
  }

  private static long actualBytes(StateMap<DeviceState> devices) {
    return devices.entries().values().stream().mapToLong(DeviceState::actualBytes).sum();
  }

  private static void ask(Server server) throws Exception {
    String url = "http://127.0.0.1:" + server.port() + "/v1/completions";
    String body = "{\"model\":\"demo-chat\",\"prompt\":\"a\"}";
    assertEquals(200, io.slinfer.testing.JsonClient.post(url, body).statusCode());
  }

  /** Waits for an event that another thread brings about. */
  private static void await(BooleanSupplier condition) throws InterruptedException {
    long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() - deadlineNanos < 0, "it did not happen within 10 s");
      Thread.sleep(5);
    }
  }
}
