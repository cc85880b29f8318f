package io.slinfer.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.slinfer.testing.DemoServer;
import io.slinfer.testing.RefusingServer;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The JDK's own client over plain http. Each test has a fresh client, so that its first request, a
 * POST with a body, asks to go on in HTTP/2.
 */
@Tag("clients")
final class JdkHttpClientMatrixTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TOOLS =
      "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"get_weather\",\"parameters\":"
          + "{\"type\":\"object\",\"properties\":{\"location\":{\"type\":\"string\"}}}}}]";

  private static DemoServer server;
  private static RefusingServer refusing;

  @BeforeAll
  static void start() {
    server = new DemoServer();
    refusing = new RefusingServer();
  }

  @AfterAll
  static void stop() throws Exception {
    server.awaitIdle();
    server.close();
    refusing.awaitIdle();
    refusing.close();
  }

  @Test
  void streamsWhatItAnswersWhole() throws Exception {
    String fields = "\"temperature\":0," + user("What color is the sky?");
    String whole = chat(fields).at("/choices/0/message/content").textValue();
    StringBuilder streamed = new StringBuilder();
    for (JsonNode chunk : stream(fields)) {
      streamed.append(chunk.at("/choices/0/delta/content").asText(""));
    }
    assertEquals(whole, streamed.toString());
  }

  @Test
  void callsAToolAndAnswersWithItsResult() throws Exception {
    String question = "What is the weather in Paris?";
    JsonNode message =
        chat("\"temperature\":0," + user(question) + "," + TOOLS).at("/choices/0/message");
    JsonNode call = message.at("/tool_calls/0");
    assertTrue(call.at("/function/arguments").textValue().contains("Paris"), message.toString());
    String messages =
        user(question).replace("]", "")
            + ","
            + message
            + ",{\"role\":\"tool\",\"content\":\"sunny\",\"tool_call_id\":"
            + call.get("id")
            + "}]";
    JsonNode answer = chat("\"temperature\":0," + messages + "," + TOOLS);
    assertFalse(answer.at("/choices/0/message/content").textValue().isEmpty(), answer.toString());
    StringBuilder arguments = new StringBuilder();
    for (JsonNode chunk : stream("\"temperature\":0," + user(question) + "," + TOOLS)) {
      arguments.append(chunk.at("/choices/0/delta/tool_calls/0/function/arguments").asText(""));
    }
    assertEquals(call.at("/function/arguments").textValue(), arguments.toString());
  }

  @Test
  void answersInTheFormOfASchema() throws Exception {
    String text =
        chat(user("What color is the sky?")
                + ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"s\","
                + "\"schema\":{\"type\":\"object\",\"properties\":{\"color\":{\"enum\":"
                + "[\"blue\",\"green\"]}},\"required\":[\"color\"]}}}")
            .at("/choices/0/message/content")
            .textValue();
    assertTrue(text.matches("\\{\"color\":\"(blue|green)\"}"), text);
  }

  @Test
  void tellsLogProbabilitiesOfThreeChoices() throws Exception {
    JsonNode answer =
        chat(
            "\"n\":3,\"logprobs\":true,\"top_logprobs\":1,\"max_tokens\":8,"
                + user("Tell me a story."));
    assertEquals(3, answer.get("choices").size());
    for (JsonNode choice : answer.get("choices")) {
      String text = String.join("", choice.at("/logprobs/content").findValuesAsText("token"));
      assertFalse(text.isEmpty(), choice.toString());
      assertTrue(choice.at("/logprobs/content/0/logprob").doubleValue() <= 0);
    }
    Set<Integer> indexes = new HashSet<>();
    for (JsonNode chunk : stream("\"n\":3,\"max_tokens\":8," + user("Tell me a story."))) {
      indexes.add(chunk.at("/choices/0/index").intValue());
    }
    assertEquals(Set.of(0, 1, 2), indexes);
  }

  @Test
  void embeds() throws Exception {
    JsonNode answer =
        JSON.readTree(
            send(server.url() + "/v1/embeddings", "{\"model\":\"demo-chat\",\"input\":[\"a\"]}")
                .body());
    assertTrue(answer.at("/data/0/embedding").size() > 8, answer.toString());
  }

  @Test
  void freesWhatACancelledStreamHeld() throws Exception {
    String body =
        "{\"model\":\"demo-chat\",\"stream\":true,\"ignore_eos\":true," + user("Tell.") + "}";
    try (HttpClient client = HttpClient.newHttpClient();
        InputStream stream =
            client
                .send(
                    request(server.url() + "/v1/chat/completions", body).build(),
                    BodyHandlers.ofInputStream())
                .body()) {
      assertTrue(stream.read() >= 0);
    }
    server.awaitIdle();
  }

  @ParameterizedTest
  @CsvSource({
    "POST, /v1/chat/completions, demo, hi, sesame, 400, temperature",
    "POST, /v1/chat/completions, demo, 2000, sesame, 400, context_length_exceeded",
    "POST, /v1/chat/completions, demo, hi, wrong, 401, invalid_api_key",
    "POST, /v1/chat/completions, other, hi, key-one, 403, model_not_allowed",
    "POST, /v1/chat/completions, nobody, hi, sesame, 404, model_not_found",
    "POST, /v1/nothing, demo, hi, sesame, 404, unknown_url",
    "DELETE, /v1/chat/completions, demo, hi, sesame, 405, method_not_allowed",
    "POST, /v1/chat/completions, demo, 30000, sesame, 413, body_too_large",
    "POST, /v1/chat/completions, demo, text, sesame, 415, unsupported_media_type",
    "POST, /v1/chat/completions, demo, 900, sesame, 429, deadline_impossible",
    "POST, /v1/chat/completions, demo, ~, sesame, 500, internal_error",
    "POST, /v1/chat/completions, broken, hi, sesame, 503, model_loading",
  })
  void tellsErrorsApart(
      String method, String path, String model, String said, String key, int status, String word)
      throws Exception {
    String message = said.matches("[0-9]+") ? "x".repeat(Integer.parseInt(said)) : said;
    String extra = word.equals("temperature") ? ",\"temperature\":9" : "";
    for (String stream : new String[] {"", ",\"stream\":true"}) {
      String body = "{\"model\":\"" + model + "\"," + user(message) + extra + stream + "}";
      HttpRequest.Builder request =
          request(refusing.url() + path, body).header("Authorization", "Bearer " + key);
      request.method(method, BodyPublishers.ofString(body));
      if (status == 429) {
        request.header(RefusingServer.DEADLINE, "1");
      } else if (status == 415) {
        request.setHeader("Content-Type", "text/plain");
      }
      try (HttpClient client = HttpClient.newHttpClient()) {
        HttpResponse<String> answer = client.send(request.build(), BodyHandlers.ofString());
        assertEquals(status, answer.statusCode(), answer.body());
        JsonNode error = JSON.readTree(answer.body()).get("error");
        assertEquals(4, error.size(), answer.body());
        assertTrue(error.toString().contains(word), answer.body());
        boolean again = status == 503;
        assertEquals(again, answer.headers().firstValue("retry-after").isPresent());
        assertEquals(
            Boolean.toString(again), answer.headers().firstValue("x-should-retry").orElseThrow());
        assertEquals(HttpClient.Version.HTTP_2, answer.version());
      }
    }
  }

  @Test
  void isToldOfAnErrorInTheMiddleOfAStream() throws Exception {
    HttpRequest request =
        request(
                refusing.url() + "/v1/chat/completions",
                "{\"model\":\"demo\",\"stream\":true," + user("abc~") + "}")
            .header("Authorization", "Bearer " + RefusingServer.KEY)
            .build();
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
      assertEquals(200, answer.statusCode());
      assertTrue(
          answer
              .body()
              .endsWith(
                  "data: {\"error\":{\"message\":\"broken logits\",\"type\":\"server_error\","
                      + "\"param\":null,\"code\":\"internal_error\"}}\n\n"),
          answer.body());
    }
  }

  private static String user(String text) {
    return "\"messages\":[{\"role\":\"user\",\"content\":\"" + text + "\"}]";
  }

  private static JsonNode chat(String fields) throws Exception {
    HttpResponse<String> answer =
        send(server.url() + "/v1/chat/completions", "{\"model\":\"demo-chat\"," + fields + "}");
    assertEquals(200, answer.statusCode(), answer.body());
    return JSON.readTree(answer.body());
  }

  private static List<JsonNode> stream(String fields) throws Exception {
    List<JsonNode> chunks = new ArrayList<>();
    String body = "{\"model\":\"demo-chat\",\"stream\":true," + fields + "}";
    try (HttpClient client = HttpClient.newHttpClient();
        Stream<String> lines =
            client
                .send(
                    request(server.url() + "/v1/chat/completions", body).build(),
                    BodyHandlers.ofLines())
                .body()) {
      for (String line : lines.filter(each -> each.startsWith("data: {")).toList()) {
        chunks.add(JSON.readTree(line.substring(6)));
      }
    }
    return chunks;
  }

  private static HttpResponse<String> send(String url, String body) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(request(url, body).build(), BodyHandlers.ofString());
    }
  }

  private static HttpRequest.Builder request(String url, String body) {
    return HttpRequest.newBuilder(URI.create(url))
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString(body));
  }
}
