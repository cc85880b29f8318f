package io.slinfer.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.engine.StepPlan;
import io.slinfer.testing.RawClient;
import io.slinfer.testing.ScriptedEngine;
import io.slinfer.testing.Scripts;
import io.slinfer.testing.TestServer;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Real connections that are closed while their request waits in the queue, waits for a load, has
 * its prompt computed, or decodes: no step after the one in flight includes it.
 */
final class DisconnectPhasesTest {

  private static final ScriptedEngine.Script ENDLESS =
      ScriptedEngine.Script.of(Scripts.SMALL, Scripts.alphabet());
  private static final String PIECES = "devices: {cpu: {prefill-chunk-tokens: 16}}";

  /** Room for the weights of one model. */
  private static final long FOR_ONE_BYTES = (256 << 10) - Scripts.SMALL.weightBytes();

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void inTheQueue(boolean resets) throws Exception {
    String patient = "serving: {best-effort: [b], pinned: [a]}";
    try (TestServer server = new TestServer(patient, ENDLESS, FOR_ONE_BYTES, "a", "b");
        RawClient first = caller(server, "a", 8, 3);
        RawClient second = new RawClient(server.port())) {
      first.readUntil("[DONE]");
      server.awaitIdle();
      int before = stepsNow(server);
      server.engine().hold();
      try (RawClient third = caller(server, "a", 8, 1_000)) {
        awaitSteps(server, before + 1);
        second.send(post("b", 8, 5));
        server.awaitLiveRequests(2);
        close(second, resets);
        server.awaitLiveRequests(1);
        server.engine().release();
        third.readUntil("data: ");
      }
      server.awaitIdle();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whileItsModelLoads(boolean resets) throws Exception {
    try (TestServer server = new TestServer("http: {heartbeat: 100 ms}", ENDLESS, "a")) {
      server.engine().hold();
      RawClient client = caller(server, "a", 8, 1_000);
      client.readUntil("200 OK");
      assertEquals(1, server.engine().loads().size());
      close(client, resets);
      server.awaitLiveRequests(0);
      server.engine().release();
      assertServes(server);
      assertEquals(0, server.engine().steps().stream().filter(plan -> tokens(plan) == 8).count());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void inThePrompt(boolean resets) throws Exception {
    try (TestServer server = new TestServer(PIECES, ENDLESS, "a")) {
      assertServes(server);
      int before = stepsNow(server);
      server.engine().hold();
      RawClient client = caller(server, "a", 100, 1_000);
      awaitSteps(server, before + 1);
      awaitReleased(server);
      awaitSteps(server, before + 2);
      close(client, resets);
      server.awaitLeaving(1);
      server.engine().release();
      server.awaitIdle();
      assertEquals(before + 2, stepsNow(server));
      assertServes(server);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whileItDecodesBesideAnother(boolean resets) throws Exception {
    // The other one must not end meanwhile.
    ScriptedEngine.Script slow = ENDLESS.taking(TimeUnit.MILLISECONDS.toNanos(5), 0);
    try (TestServer server = new TestServer("", slow, "a");
        RawClient other = caller(server, "a", 9, 1_000);
        RawClient client = caller(server, "a", 8, 1_000)) {
      other.readUntil("data: ");
      client.readUntil("data: ");
      server.engine().hold();
      close(client, resets);
      server.awaitLeaving(1);
      int inFlight = stepsNow(server);
      server.engine().release();
      server.awaitLeaving(0);
      awaitSteps(server, inFlight + 3);
      long withIt =
          server.engine().steps().stream()
              .skip(inFlight)
              .filter(plan -> plan.chunks().size() > 1)
              .count();
      assertEquals(0, withIt);
    }
  }

  @Test
  void anAnswerThatIsNotStreamedIsLeftTheSameWay() throws Exception {
    try (TestServer server = new TestServer("", ENDLESS, "a")) {
      assertServes(server);
      int before = stepsNow(server);
      server.engine().hold();
      RawClient client = new RawClient(server.port());
      client.send(post("a", 8, 1_000, false));
      awaitSteps(server, before + 1);
      client.close();
      server.awaitLeaving(1);
      server.engine().release();
      server.awaitIdle();
      assertEquals(before + 1, stepsNow(server));
    }
  }

  /** The next caller is served as if nothing had been. */
  private static void assertServes(TestServer server) throws Exception {
    try (RawClient client = caller(server, "a", 12, 3)) {
      client.readUntil("[DONE]");
    }
    server.awaitIdle();
  }

  private static RawClient caller(TestServer server, String model, int prompt, int answer)
      throws Exception {
    RawClient client = new RawClient(server.port());
    client.send(post(model, prompt, answer));
    return client;
  }

  /** The prompt's length in tokens tells requests apart. */
  private static String post(String model, int prompt, int answer) {
    return post(model, prompt, answer, true);
  }

  private static String post(String model, int prompt, int answer, boolean streams) {
    StringBuilder ids = new StringBuilder("1");
    for (int i = 1; i < prompt; i++) {
      ids.append(',').append(prompt + i % 50);
    }
    return RawClient.post(
        "/v1/completions",
        "{\"model\":\"%s\",\"prompt\":[%s],\"max_tokens\":%d,\"stream\":%b}"
            .formatted(model, ids, answer, streams));
  }

  private static void close(RawClient client, boolean resets) throws Exception {
    if (resets) {
      client.reset();
    } else {
      client.close();
    }
  }

  private static int tokens(StepPlan plan) {
    return plan.chunks().stream().mapToInt(chunk -> chunk.tokens()).sum();
  }

  private static int stepsNow(TestServer server) {
    return server.engine().steps().size();
  }

  /** Lets go of the step that is held; it is counted a moment before it is. */
  private static void awaitReleased(TestServer server) {
    long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!server.engine().releaseOne()) {
      assertTrue(System.nanoTime() - deadlineNanos < 0, "no step is held");
      Thread.onSpinWait();
    }
  }

  private static void awaitSteps(TestServer server, int count) throws Exception {
    BooleanSupplier reached = () -> stepsNow(server) >= count;
    long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!reached.getAsBoolean()) {
      assertTrue(System.nanoTime() - deadlineNanos < 0, stepsNow(server) + " steps of " + count);
      Thread.onSpinWait();
    }
  }
}
