package io.slinfer.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.engine.LoadedModel;
import io.slinfer.testing.RawClient;
import io.slinfer.testing.ScriptedEngine.Script;
import io.slinfer.testing.Scripts;
import io.slinfer.testing.TestServer;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What a streamed token costs the server when the engine costs nothing: tokens over 256 connections
 * by the CPU time of the event loops, on which everything of the server runs.
 */
@Tag("nightly")
final class GatewayCostTest {

  private static final int CONNECTIONS = 256;
  private static final int TOKENS = 1_000;
  private static final int ROUNDS = 4;

  @Test
  void streamsTokensForFewProcessorCycles() throws Exception {
    LoadedModel roomy = new LoadedModel(1, 16, 1, 1 << 16, 1 << 14, 258);
    try (TestServer server =
        new TestServer("", Script.of(roomy, Scripts.alphabet()), 1 << 20, "demo-chat")) {
      round(server);
      double best = 0;
      for (int i = 0; i < ROUNDS; i++) {
        double cpuSeconds = -eventLoopSeconds();
        long start = System.nanoTime();
        round(server);
        double seconds = (System.nanoTime() - start) / 1e9;
        cpuSeconds += eventLoopSeconds();
        double perCpuSecond = CONNECTIONS * TOKENS / cpuSeconds;
        best = Math.max(best, perCpuSecond);
        System.out.printf(
            "%,d tokens in %.2f s, %.2f CPU-s of event loops: %,.0f tokens per CPU-second%n",
            CONNECTIONS * TOKENS, seconds, cpuSeconds, perCpuSecond);
      }
      assertTrue(best > 20_000, best + " tokens per CPU-second");
    }
  }

  private static void round(TestServer server) throws Exception {
    String body =
        "{\"model\":\"demo-chat\",\"prompt\":\"a\",\"stream\":true,\"max_tokens\":" + TOKENS + "}";
    List<Future<String>> answers = new ArrayList<>();
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < CONNECTIONS; i++) {
        answers.add(
            callers.submit(
                () -> {
                  try (RawClient client = new RawClient(server.port())) {
                    client.send(RawClient.post("/v1/completions", body));
                    return client.readUntil("data: [DONE]");
                  }
                }));
      }
    }
    for (Future<String> answer : answers) {
      assertEquals(TOKENS + 2, answer.get().split("data: ").length - 1);
    }
  }

  private static double eventLoopSeconds() {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long nanos = 0;
    for (long id : threads.getAllThreadIds()) {
      ThreadInfo info = threads.getThreadInfo(id);
      if (info != null && info.getThreadName().startsWith("vert.x-eventloop-thread-")) {
        nanos += threads.getThreadCpuTime(id);
      }
    }
    return nanos / 1e9;
  }
}
