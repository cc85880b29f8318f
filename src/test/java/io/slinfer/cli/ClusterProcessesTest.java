package io.slinfer.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.slinfer.model.LlamaShape;
import io.slinfer.model.QuantisationMix;
import io.slinfer.model.RandomLlama;
import io.slinfer.model.gguf.GgufFile;
import io.slinfer.model.tokenizer.Tokenizers;
import io.slinfer.testing.FreePorts;
import io.slinfer.testing.JsonClient;
import io.slinfer.testing.LiveStream;
import io.slinfer.testing.NodeProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three nodes as processes: {@code a} has no model files, {@code b} and {@code c} have the demo
 * models and one that answers for many seconds. One process after the other is lost, so the tests
 * have an order.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class ClusterProcessesTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int STREAMS = 4;

  /** What a test waits for comes within this time, or never. */
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(40);

  @TempDir private static Path folder;

  private static NodeProcess a;
  private static NodeProcess b;
  private static NodeProcess c;

  @BeforeAll
  static void startThreeNodes() throws Exception {
    Path models = Files.createDirectories(folder.resolve("models"));
    Path demo = Path.of("models", "demo-chat.gguf").toAbsolutePath();
    Files.copy(demo, models.resolve("demo-chat.gguf"));
    try (GgufFile file = GgufFile.open(demo)) {
      int vocabulary = Tokenizers.of(file.metadata()).vocabularySize();
      LlamaShape shape = LlamaShape.of("512,10,8,2,1408," + vocabulary);
      new RandomLlama(shape, QuantisationMix.Q8_0, file.metadata(), 1)
          .write(models.resolve("long.gguf"));
    }
    int port = FreePorts.next(6);
    Path none = Files.createDirectories(folder.resolve("none"));
    a = node("a", port, 0, none);
    b = node("b", port, 1, models);
    c = node("c", port, 2, models);
    for (NodeProcess node : List.of(a, b, c)) {
      node.awaitReady();
    }
  }

  private static NodeProcess node(String name, int port, int index, Path models)
      throws IOException {
    String yaml =
        """
        models: {directories: ["%s"]}
        devices: {cpu: {threads: 1, memory: 256 MiB}}
        serving: {cold-start-grace: 60 s, slo: {long: {ttft: 60 s, tpot: 10 s}}}
        cluster: {node: %s, port: %d, members: ["127.0.0.1:%d", "127.0.0.1:%d", "127.0.0.1:%d"]}
        """
            .formatted(models, name, port + 3 + index, port + 3, port + 4, port + 5);
    return NodeProcess.start(name, port + index, folder.resolve(name), yaml);
  }

  @AfterAll
  static void end() {
    for (NodeProcess node : new NodeProcess[] {a, b, c}) {
      if (node != null) {
        node.close();
      }
    }
  }

  @Test
  @Order(1)
  void everyNodeListsTheSameModelsAndDevices() throws Exception {
    for (NodeProcess node : List.of(a, b, c)) {
      await(
          node.name() + " lists the models",
          () -> ids(node, "models").equals(List.of("demo-chat", "long")));
      await(
          node.name() + " lists the devices",
          () -> ids(node, "devices").equals(List.of("a/cpu", "b/cpu", "c/cpu")));
    }
    JsonNode models = get(a, "/v1/models");
    assertEquals(models, get(b, "/v1/models"));
    assertEquals(models, get(c, "/v1/models"));
  }

  @Test
  @Order(2)
  void answersThroughAnotherNodeAreTokenForTokenTheSame() throws Exception {
    List<String> bodies =
        List.of(
            """
            {"model":"demo-chat","messages":[{"role":"user","content":"Tell me about the sea."}],
             "max_tokens":40,"seed":7,"temperature":0.9,"logprobs":true,"top_logprobs":3,
             "logit_bias":{"50":-5}}""",
            """
            {"model":"demo-chat","messages":[{"role":"user","content":"Count."}],"max_tokens":60,
             "seed":3,"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":
             {"type":"object","properties":{"n":{"type":"integer"},"w":{"enum":["on","off"]}},
             "required":["n","w"],"additionalProperties":false}}}}""",
            """
            {"model":"demo-chat","messages":[{"role":"user","content":"Hello"}],"max_tokens":30,
             "seed":1,"temperature":1.2,"stop":["e "],"presence_penalty":1.5,"n":2}""");
    for (String body : bodies) {
      assertEquals(
          answer(b, "/v1/chat/completions", body), answer(a, "/v1/chat/completions", body));
    }
    String embed = "{\"model\":\"demo-chat\",\"input\":[\"one\",\"two words\"]}";
    assertSameVectors(answer(b, "/v1/embeddings", embed), answer(a, "/v1/embeddings", embed));
    try (LiveStream there =
            LiveStream.post(a.url() + "/v1/chat/completions", streamed(bodies.getFirst()));
        LiveStream here =
            LiveStream.post(b.url() + "/v1/chat/completions", streamed(bodies.getFirst()))) {
      there.endNanos();
      here.endNanos();
      assertEquals(content(here), content(there));
      assertEquals("[DONE]", there.events().getLast());
    }
    assertTrue(
        JsonClient.get(a.url() + "/metrics").body().contains("slinfer_remote_requests_total{"));
  }

  @Test
  @Order(3)
  void refusalsComeAsTheOwnerMakesThem() throws Exception {
    String body =
        "{\"model\":\"demo-chat\",\"messages\":[{\"role\":\"user\",\"content\":\""
            + "sea ".repeat(3_000)
            + "\"}]}";
    assertEquals(400, JsonClient.post(a.url() + "/v1/chat/completions", body).statusCode());
    String late = "{\"model\":\"long\",\"prompt\":\"" + "sea ".repeat(500) + "\"}";
    var refusal = JsonClient.post(a.url() + "/v1/completions", late, "x-slinfer-ttft-ms", "1");
    assertEquals(429, refusal.statusCode(), refusal::body);
    assertEquals("false", refusal.headers().firstValue("x-should-retry").orElseThrow());
  }

  @Test
  @Order(4)
  void aClosedConnectionFreesTheRequestAtItsOwner() throws Exception {
    LiveStream stream = stream(a);
    await("it runs", () -> running() == 1);
    stream.close();
    await("it is freed", () -> running() == 0);
  }

  @Test
  @Order(5)
  void aFrozenNodesRequestsEndAndItComesBackWhenItGoesOn() throws Exception {
    List<LiveStream> streams = streams(a);
    NodeProcess frozen = holder();
    NodeProcess other = frozen == b ? c : b;
    frozen.signal("STOP");
    for (LiveStream stream : streams) {
      stream.endNanos();
    }
    frozen.signal("CONT");
    for (LiveStream stream : streams) {
      assertEndedByLoss(stream);
    }
    await("it is back", () -> ids(a, "devices").size() == 3 && ids(other, "devices").size() == 3);
    await("what it had is freed", () -> running() == 0);
  }

  @Test
  @Order(6)
  void whatALostGatewayHadIsFreed() throws Exception {
    List<LiveStream> streams = streams(a);
    assertTrue(running() > 0);
    a.kill();
    await("it is freed", () -> running(b) + running(c) == 0);
    for (LiveStream stream : streams) {
      stream.endNanos();
    }
    await("it left the view", () -> ids(b, "devices").equals(List.of("b/cpu", "c/cpu")));
  }

  @Test
  @Order(7)
  void theRequestsOfALostNodeEndWithOneErrorWithinTwoSecondsAndNewOnesGoOn() throws Exception {
    await("idle", () -> running() == 0);
    NodeProcess dies = holder();
    NodeProcess stays = dies == b ? c : b;
    List<LiveStream> streams = streams(stays);
    assertEquals(STREAMS, running(dies), "new requests go where the model is loaded");
    long killedNanos = System.nanoTime();
    dies.kill();
    for (LiveStream stream : streams) {
      long millis = (stream.endNanos() - killedNanos) / 1_000_000;
      assertTrue(millis < 2_000, millis + " ms");
      assertEndedByLoss(stream);
    }
    await("it left the view", () -> ids(stays, "devices").equals(List.of(stays.name() + "/cpu")));
    String body = "{\"model\":\"long\",\"prompt\":\"x\",\"max_tokens\":3,\"ignore_eos\":true}";
    assertEquals(200, JsonClient.post(stays.url() + "/v1/completions", body).statusCode());
    assertTrue(stays.stop(60), stays.log());
  }

  private static void assertEndedByLoss(LiveStream stream) {
    List<String> events = stream.events();
    assertEquals(1, stream.errors(), events.getLast());
    assertTrue(
        events.stream().anyMatch(event -> event.contains("node_lost")), () -> events.toString());
    assertTrue(events.stream().noneMatch(event -> event.contains("\"finish_reason\":\"")));
  }

  /** Long answers that have begun. */
  private static List<LiveStream> streams(NodeProcess node) throws Exception {
    List<LiveStream> streams = new ArrayList<>();
    for (int i = 0; i < STREAMS; i++) {
      streams.add(stream(node));
    }
    for (LiveStream stream : streams) {
      assertEquals(0, stream.errors(), () -> stream.events().toString());
    }
    await("they run", () -> running() == STREAMS);
    return streams;
  }

  private static LiveStream stream(NodeProcess node) throws Exception {
    LiveStream stream =
        LiveStream.post(
            node.url() + "/v1/completions",
            "{\"model\":\"long\",\"prompt\":\"The sea\",\"stream\":true,\"max_tokens\":3500,"
                + "\"ignore_eos\":true,\"temperature\":1.0}");
    stream.awaitTokens();
    return stream;
  }

  /** The node that has the long model loaded. */
  private static NodeProcess holder() throws Exception {
    for (NodeProcess node : List.of(b, c)) {
      JsonNode devices = get(node, "/v1/devices").get("data");
      for (JsonNode device : devices) {
        for (JsonNode instance : device.get("instances")) {
          if (instance.get("model").asText().equals("long")) {
            return device.get("id").asText().equals("b/cpu") ? b : c;
          }
        }
      }
    }
    throw new AssertionError("nobody has it");
  }

  /** Requests that devices have, as a node that answers sees them. */
  private static int running() throws Exception {
    return running(b) + running(c);
  }

  /** As the node itself tells. */
  private static int running(NodeProcess node) throws Exception {
    int requests = 0;
    for (JsonNode device : get(node, "/v1/devices").get("data")) {
      if (device.get("id").asText().equals(node.name() + "/cpu")) {
        for (JsonNode instance : device.get("instances")) {
          requests += instance.get("running").asInt() + instance.get("waiting").asInt();
        }
      }
    }
    return requests;
  }

  private static List<String> ids(NodeProcess node, String kind) throws Exception {
    List<String> ids = new ArrayList<>();
    get(node, "/v1/" + kind).get("data").forEach(entry -> ids.add(entry.get("id").asText()));
    return ids;
  }

  private static JsonNode get(NodeProcess node, String path) throws Exception {
    return JSON.readTree(JsonClient.get(node.url() + path).body());
  }

  /**
   * Without what may differ between two calls of one node: id, time, what the prefix cache had, and
   * the last digits of numbers, which depend on what it had.
   */
  private static JsonNode answer(NodeProcess node, String path, String body) throws Exception {
    var response = JsonClient.post(node.url() + path, body);
    assertEquals(200, response.statusCode(), response::body);
    ObjectNode answer = (ObjectNode) JSON.readTree(response.body());
    answer.remove(List.of("id", "created"));
    if (answer.get("usage") instanceof ObjectNode usage) {
      usage.remove("prompt_tokens_details");
    }
    answer
        .findParents("top_logprobs")
        .forEach(
            token -> {
              assertEquals(3, token.get("top_logprobs").size());
              assertTrue(token.get("logprob").asDouble() <= 0);
              ((ObjectNode) token).remove(List.of("logprob", "top_logprobs"));
            });
    return answer;
  }

  private static void assertSameVectors(JsonNode here, JsonNode there) {
    assertEquals(here.get("data").size(), there.get("data").size());
    for (int i = 0; i < here.get("data").size(); i++) {
      JsonNode one = here.at("/data/" + i + "/embedding");
      JsonNode other = there.at("/data/" + i + "/embedding");
      assertEquals(one.size(), other.size());
      for (int j = 0; j < one.size(); j++) {
        assertEquals(one.get(j).asDouble(), other.get(j).asDouble(), 1e-3);
      }
    }
  }

  private static String streamed(String body) {
    return body.replaceFirst("\\{", "{\"stream\":true,");
  }

  private static String content(LiveStream stream) throws Exception {
    StringBuilder text = new StringBuilder();
    for (String event : stream.events()) {
      if (event.startsWith("{")) {
        text.append(JSON.readTree(event).at("/choices/0/delta/content").asText(""));
      }
    }
    return text.toString();
  }

  private static void await(String what, Callable<Boolean> condition) throws Exception {
    long startNanos = System.nanoTime();
    while (!condition.call()) {
      if (System.nanoTime() - startNanos > PATIENCE_NANOS) {
        fail("not in time: " + what + "\n" + a.log() + "\n" + b.log() + "\n" + c.log());
      }
      Thread.sleep(20);
    }
  }
}
