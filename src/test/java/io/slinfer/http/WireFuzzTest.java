package io.slinfer.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.slinfer.testing.JsonClient;
import io.slinfer.testing.ScriptedEngine.Script;
import io.slinfer.testing.Scripts;
import io.slinfer.testing.TestServer;
import io.slinfer.testing.WireFuzzer;
import io.slinfer.testing.WireFuzzer.Template;
import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Damaged requests on every path: none is answered by a defect, none hangs, and nothing is left
 * afterwards. {@code -Dslinfer.seed=N} repeats a run.
 */
final class WireFuzzTest {

  private static final long SEED = Long.getLong("slinfer.seed", System.nanoTime());
  private static final int THREADS = 8;
  private static final long LEAK_BYTES = 48L << 20;

  @Test
  void aFewHundredDamagedRequestsLeaveNothing() throws Exception {
    try (TestServer server = server()) {
      fuzz(server, 600);
    }
  }

  @Test
  @Tag("clients")
  void aHundredThousandDamagedRequestsLeaveNothing() throws Exception {
    try (TestServer server = server()) {
      fuzz(server, 10_000);
      long heapBytes = usedHeapBytes();
      int files = openFiles();
      fuzz(server, Integer.getInteger("slinfer.fuzz.requests", 100_000));
      long grownBytes = usedHeapBytes() - heapBytes;
      assertTrue(grownBytes < LEAK_BYTES, "the heap has grown by " + grownBytes + " bytes");
      assertTrue(openFiles() <= files + 16, "open files: " + files + ", then " + openFiles());
    }
  }

  private static TestServer server() {
    Script echo = Script.of(Scripts.SMALL, Scripts.echo());
    return new TestServer("http: {heartbeat: 1 s}", echo, "demo-chat");
  }

  private static void fuzz(TestServer server, int requests) throws Exception {
    List<Template> templates = templates(server);
    List<WireFuzzer> fuzzers = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      List<Future<?>> runs = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        WireFuzzer fuzzer = new WireFuzzer(server.port(), SEED + i, templates);
        fuzzers.add(fuzzer);
        runs.add(
            threads.submit(
                () -> {
                  fuzzer.run(requests / THREADS);
                  return null;
                }));
      }
      for (Future<?> run : runs) {
        run.get();
      }
    }
    Map<Integer, Integer> statuses = new TreeMap<>();
    fuzzers.forEach(
        fuzzer ->
            fuzzer
                .statuses()
                .forEach((status, count) -> statuses.merge(status, count, Integer::sum)));
    System.out.println("seed " + SEED + ", answers by status: " + statuses);
    for (WireFuzzer fuzzer : fuzzers) {
      assertEquals(List.of(), fuzzer.wrong(), "seed " + SEED);
    }
    assertTrue(
        statuses.getOrDefault(200, 0) > 0 && statuses.getOrDefault(400, 0) > 0, "" + statuses);
    server.awaitIdle();
    assertEquals(200, JsonClient.get(server.url() + "/health/ready").statusCode());
    assertTrue(
        JsonClient.post(
                server.url() + "/v1/completions",
                "{\"model\":\"demo-chat\",\"prompt\":\"still here\"}")
            .body()
            .contains("still here"));
  }

  /** Every example of the API's description, and those that can stream also as streams. */
  private static List<Template> templates(TestServer server) throws Exception {
    JsonNode paths =
        new ObjectMapper()
            .readTree(JsonClient.get(server.url() + "/openapi.json").body())
            .get("paths");
    List<Template> templates = new ArrayList<>();
    for (Map.Entry<String, JsonNode> path : paths.properties()) {
      JsonNode post = path.getValue().get("post");
      if (post == null) {
        templates.add(new Template("GET", path.getKey().replace("{id}", "demo-chat"), null));
        continue;
      }
      JsonNode example = post.at("/requestBody/content/application~1json/example");
      templates.add(new Template("POST", path.getKey(), example));
      if (post.at("/responses/200/content").size() > 1) {
        ObjectNode streamed = example.deepCopy();
        templates.add(new Template("POST", path.getKey(), streamed.put("stream", true)));
      }
    }
    return templates;
  }

  private static long usedHeapBytes() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  private static int openFiles() {
    return new File("/proc/self/fd").list().length;
  }
}
