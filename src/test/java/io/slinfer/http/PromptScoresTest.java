package io.slinfer.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.slinfer.testing.DemoServer;
import io.slinfer.testing.JsonClient;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The probabilities of an echoed prompt, from a real model. */
final class PromptScoresTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Longer than what the engine computes at once. */
  private static final String STORY =
      "Once upon a time there was a little girl who had a red ball. ".repeat(60).strip();

  private static DemoServer server;

  @BeforeAll
  static void start() {
    server = new DemoServer();
  }

  @AfterAll
  static void stop() throws Exception {
    server.awaitIdle();
    server.close();
  }

  @Test
  void areThoseOfTheTokensAfterTheirPrefixes() throws Exception {
    JsonNode ids = tokens(STORY);
    assertTrue(ids.size() > 520, ids.size() + " tokens");
    JsonNode scored = logprobs(ask(STORY).put("echo", true));
    List<String> texts = texts(scored);
    assertEquals(ids.size() + 1, texts.size());
    assertTrue(scored.get("token_logprobs").get(0).isNull());
    assertTrue(scored.get("top_logprobs").get(0).isNull());
    for (int at : new int[] {1, 2, 15, 16, 17, 300, 511, 512, 513, ids.size() - 1}) {
      ObjectNode prefix = ask("").put("logprobs", 20);
      prefix.set("prompt", JSON.valueToTree(first(ids, at)));
      JsonNode likely = logprobs(prefix).get("top_logprobs").get(0).get(texts.get(at));
      double score = scored.get("token_logprobs").get(at).doubleValue();
      assertTrue(likely != null || score < -4, at + ": " + score);
      if (likely != null) {
        assertEquals(likely.doubleValue(), score, 2e-2 + 2e-2 * Math.abs(score), "token " + at);
      }
    }
  }

  @Test
  void areTheSameInAStreamAndForEachChoice() throws Exception {
    JsonNode whole = JSON.readTree(post(ask("Once upon a time").put("echo", true).put("n", 2)));
    for (JsonNode choice : whole.get("choices")) {
      assertEquals(choice.get("text").textValue(), String.join("", texts(choice.get("logprobs"))));
    }
    List<String> streamed = new ArrayList<>();
    post(ask("Once upon a time").put("echo", true).put("stream", true))
        .lines()
        .filter(line -> line.startsWith("data: {"))
        .forEach(line -> streamed.addAll(texts(read(line.substring(6)))));
    assertEquals(texts(whole.at("/choices/0/logprobs")), streamed);
  }

  @Test
  void mayBeAllThatIsWanted() throws Exception {
    String prompt = "Once upon a time";
    JsonNode answer = JSON.readTree(post(ask(prompt).put("echo", true).put("max_tokens", 0)));
    JsonNode choice = answer.at("/choices/0");
    assertEquals(prompt, choice.get("text").textValue());
    assertEquals(prompt, String.join("", texts(choice.get("logprobs"))));
    assertEquals("length", choice.get("finish_reason").textValue());
    assertEquals(0, answer.at("/usage/completion_tokens").intValue());
    JsonNode plain = JSON.readTree(post(ask(prompt).put("max_tokens", 0)));
    assertEquals("", plain.at("/choices/0/text").textValue());
    assertEquals(0, plain.at("/choices/0/logprobs/tokens").size());
  }

  private static JsonNode read(String chunk) {
    try {
      return JSON.readTree(chunk).at("/choices/0/logprobs");
    } catch (JsonProcessingException failure) {
      throw new IllegalStateException(failure);
    }
  }

  private static List<JsonNode> first(JsonNode list, int count) {
    List<JsonNode> first = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      first.add(list.get(i));
    }
    return first;
  }

  private static List<String> texts(JsonNode logprobs) {
    List<String> texts = new ArrayList<>();
    logprobs.path("tokens").forEach(token -> texts.add(token.textValue()));
    return texts;
  }

  private static ObjectNode ask(String prompt) {
    return JSON.createObjectNode()
        .put("model", "demo-story")
        .put("prompt", prompt)
        .put("temperature", 0)
        .put("max_tokens", 1)
        .put("logprobs", 1);
  }

  private static JsonNode logprobs(ObjectNode request) throws Exception {
    return JSON.readTree(post(request)).at("/choices/0/logprobs");
  }

  private static JsonNode tokens(String text) throws Exception {
    ObjectNode request = JSON.createObjectNode().put("model", "demo-story").put("prompt", text);
    return JSON.readTree(JsonClient.post(server.url() + "/tokenize", request.toString()).body())
        .get("tokens");
  }

  private static String post(ObjectNode request) throws Exception {
    var response = JsonClient.post(server.url() + "/v1/completions", request.toString());
    assertEquals(200, response.statusCode(), response.body());
    return response.body();
  }
}
