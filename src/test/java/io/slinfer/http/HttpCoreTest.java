package io.slinfer.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.slinfer.testing.ScriptedEngine.Script;
import io.slinfer.testing.Scripts;
import io.slinfer.testing.TestServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The surface as a plain HTTP/1.1 client sees it. */
final class HttpCoreTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String HELLO =
      "\"model\":\"demo-chat\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello, world\"}]";

  private static TestServer server;
  private static HttpClient client;

  @BeforeAll
  static void start() {
    server =
        new TestServer(
            "http: {max-body: 100 KiB}",
            Script.of(Scripts.SMALL, Scripts.echo()),
            "demo-chat",
            "org/demo:story");
    client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  }

  @AfterAll
  static void stop() throws Exception {
    server.awaitIdle();
    client.close();
    server.close();
  }

  @Test
  void refusesAMalformedLatencyHeaderByName() throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(server.url() + "/v1/completions"))
            .header("Content-Type", "application/json")
            .header("x-slinfer-ttft-ms", "soon")
            .POST(BodyPublishers.ofString("{\"model\":\"demo-chat\",\"prompt\":\"a\"}"))
            .build();
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
      assertEquals(400, response.statusCode(), response.body());
      assertTrue(response.body().contains("\"param\":\"x-slinfer-ttft-ms\""), response.body());
    }
  }

  @Test
  void listsModelsInTheCataloguesOrder() throws Exception {
    HttpResponse<String> response = get("/v1/models");
    assertEquals(200, response.statusCode());
    assertEquals(
        "{\"object\":\"list\",\"data\":["
            + "{\"id\":\"demo-chat\",\"object\":\"model\",\"created\":1700000000,"
            + "\"owned_by\":\"slinfer\",\"max_model_len\":1024,\"state\":\"cold\"},"
            + "{\"id\":\"org/demo:story\",\"object\":\"model\",\"created\":1700000000,"
            + "\"owned_by\":\"slinfer\",\"max_model_len\":1024,\"state\":\"cold\"}]}",
        response.body().replace("\"loaded\"", "\"cold\""));
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/models/org/demo:story",
    "/v1/models/org%2Fdemo:story",
    "/v1/models/org%2Fdemo%3Astory"
  })
  void findsAModelWhoseIdHoldsASlash(String path) throws Exception {
    HttpResponse<String> response = get(path);
    assertEquals(200, response.statusCode());
    assertEquals("org/demo:story", JSON.readTree(response.body()).get("id").textValue());
  }

  @Test
  void saysWhichModelDoesNotExist() throws Exception {
    assertError(get("/v1/models/no-such"), 404, "model", "model_not_found");
    assertError(
        post("/v1/completions", "{\"model\":\"no-such\",\"prompt\":\"a\"}"),
        404,
        "model",
        "model_not_found");
  }

  @Test
  void answersAChatWhole() throws Exception {
    HttpResponse<String> response = post("/v1/chat/completions", "{" + HELLO + "}");
    assertEquals(200, response.statusCode(), response.body());
    assertEquals("application/json", response.headers().firstValue("content-type").orElse(""));
    JsonNode body = JSON.readTree(response.body());
    assertTrue(body.get("id").textValue().startsWith("chatcmpl-"));
    assertEquals("chat.completion", body.get("object").textValue());
    assertEquals("demo-chat", body.get("model").textValue());
    assertEquals(
        "{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hello, world\","
            + "\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}",
        body.get("choices").get(0).toString());
    assertEquals(12, body.at("/usage/prompt_tokens").intValue());
    assertEquals(13, body.at("/usage/completion_tokens").intValue());
    assertEquals(25, body.at("/usage/total_tokens").intValue());
    assertTrue(body.at("/usage/prompt_tokens_details/cached_tokens").isInt());
  }

  @Test
  void givesEveryAnswerItsHeaders() throws Exception {
    HttpResponse<String> response = get("/v1/models");
    assertTrue(response.headers().firstValue("x-request-id").orElse("").startsWith("req_"));
    assertEquals("2020-10-01", response.headers().firstValue("openai-version").orElse(""));
    assertTrue(response.headers().firstValueAsLong("openai-processing-ms").isPresent());
    HttpRequest own = request("/v1/models").header("X-Client-Request-Id", "mine-1").GET().build();
    assertEquals(
        "mine-1",
        client.send(own, BodyHandlers.ofString()).headers().firstValue("x-request-id").orElse(""));
  }

  @Test
  void answersEachPromptAndEachOfNChoices() throws Exception {
    JsonNode body =
        JSON.readTree(
            post(
                    "/v1/completions",
                    "{\"model\":\"demo-chat\",\"prompt\":[\"one\",\"two\"],\"n\":2}")
                .body());
    List<String> texts = body.get("choices").findValuesAsText("text");
    assertEquals(List.of("one", "one", "two", "two"), texts);
    assertEquals(8, body.at("/usage/prompt_tokens").intValue());
    assertEquals(16, body.at("/usage/completion_tokens").intValue());
  }

  @Test
  void tellsTokensThatAreNoTextAsBytes() throws Exception {
    HttpResponse<String> response =
        post("/v1/completions", text("\"prompt\":\"n\u00e9!\",\"logprobs\":1,\"echo\":false"));
    JsonNode logprobs = JSON.readTree(response.body()).at("/choices/0/logprobs");
    assertEquals(
        "[\"n\",\"bytes:\\\\xc3\",\"bytes:\\\\xa9\",\"!\"]", logprobs.path("tokens").toString());
    assertEquals("[0,1,1,2]", logprobs.path("text_offset").toString());
    assertTrue(logprobs.at("/top_logprobs/1").has("bytes:\\xc3"), logprobs.toString());
  }

  @Test
  void takesTokenIdsAsPrompts() throws Exception {
    String one = post("/v1/completions", text("\"prompt\":[104,105]")).body();
    assertEquals("hi", JSON.readTree(one).at("/choices/0/text").textValue());
    String two = post("/v1/completions", text("\"prompt\":[[104,105],[111,107]]")).body();
    assertEquals("ok", JSON.readTree(two).at("/choices/1/text").textValue());
  }

  @Test
  void stopsAtAStopTextThatCrossesTokens() throws Exception {
    JsonNode body =
        JSON.readTree(
            post("/v1/completions", text("\"prompt\":\"abcabd!\",\"stop\":[\"abd\"]")).body());
    assertEquals("abc", body.at("/choices/0/text").textValue());
    assertEquals("stop", body.at("/choices/0/finish_reason").textValue());
    assertEquals(6, body.at("/usage/completion_tokens").intValue());
  }

  @Test
  void endsAtMaxTokensAndAtTheContextsEnd() throws Exception {
    JsonNode cut =
        JSON.readTree(
            post("/v1/completions", text("\"prompt\":\"abcdef\",\"max_tokens\":3")).body());
    assertEquals("abc", cut.at("/choices/0/text").textValue());
    assertEquals("length", cut.at("/choices/0/finish_reason").textValue());
    String longPrompt = "x".repeat(1_000);
    JsonNode full =
        JSON.readTree(
            post("/v1/completions", text("\"prompt\":\"" + longPrompt + "\",\"max_tokens\":5000"))
                .body());
    assertEquals(1_001, full.at("/usage/prompt_tokens").intValue());
    assertEquals(23, full.at("/usage/completion_tokens").intValue());
    assertEquals("length", full.at("/choices/0/finish_reason").textValue());
  }

  @Test
  void refusesAPromptLongerThanTheContext() throws Exception {
    HttpResponse<String> response =
        post("/v1/completions", text("\"prompt\":\"" + "x".repeat(1_024) + "\""));
    JsonNode error = assertError(response, 400, null, "context_length_exceeded");
    assertTrue(error.get("message").textValue().contains("maximum context length is 1024 tokens"));
    assertEquals("false", response.headers().firstValue("x-should-retry").orElse(""));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "temperature|3",
        "temperature|\"hot\"",
        "top_p|1.5",
        "top_k|-2",
        "min_p|2",
        "n|0",
        "n|129",
        "n|1.5",
        "seed|1.5",
        "max_tokens|0",
        "max_completion_tokens|-1",
        "stop|[\"a\",\"b\",\"c\",\"d\",\"e\"]",
        "stop|[\"\"]",
        "stop|7",
        "stream|\"yes\"",
        "stream_options|{\"include_usage\":true}",
        "presence_penalty|3",
        "frequency_penalty|-2.1",
        "repetition_penalty|0",
        "logit_bias|[5]",
        "logit_bias|{\"a\":1}",
        "logit_bias|{\"258\":1}",
        "logprobs|1",
        "top_logprobs|2",
        "tools|{}",
        "grammar|5",
        "json_schema|7",
        "parallel_tool_calls|1",
        "tool_choice|\"always\"",
        "tool_choice|\"required\"",
        "modalities|[\"audio\"]",
        "reasoning_effort|\"huge\"",
        "chat_template_kwargs|[]",
        "ignore_eos|1",
        "user|5",
      })
  void namesTheFieldThatIsWrong(String field, String value) throws Exception {
    HttpResponse<String> response =
        post("/v1/chat/completions", "{" + HELLO + ",\"" + field + "\":" + value + "}");
    JsonNode error = assertError(response, 400, field, null);
    assertTrue(error.get("message").textValue().contains(field));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"messages\":[]}|model",
        "{\"model\":\"demo-chat\"}|messages",
        "{\"model\":\"demo-chat\",\"messages\":[]}|messages",
        "{\"model\":\"demo-chat\",\"messages\":[5]}|messages[0]",
        "{\"model\":\"demo-chat\",\"messages\":[{\"content\":\"a\"}]}|messages[0].role",
        "{\"model\":\"demo-chat\",\"messages\":[{\"role\":\"god\",\"content\":\"a\"}]}|messages[0].role",
        "{\"model\":\"demo-chat\",\"messages\":[{\"role\":\"user\"}]}|messages[0].content",
        "{\"model\":\"demo-chat\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]}|messages[0].content[0].type",
        "{\"model\":\"demo-chat\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"response_format\":{\"type\":\"xml\"}}|response_format.type",
        "{\"model\":\"demo-chat\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"response_format\":{\"type\":\"json_schema\"}}|response_format.json_schema",
        "{\"model\":\"demo-chat\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"tools\":[{\"type\":\"function\"}]}|tools[0].function",
        "{\"model\":\"demo-chat\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"tools\":[{\"type\":\"web_search\"}]}|tools[0].type",
        "{\"model\":\"demo-chat\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"a b\"}}]}|tools[0].function.name",
      })
  void namesTheMessageFieldThatIsWrong(String body, String field) throws Exception {
    assertError(post("/v1/chat/completions", body), 400, field, null);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"prompt\":[]",
        "\"prompt\":[[]]",
        "\"prompt\":[1.5]",
        "\"prompt\":[999]",
        "\"prompt\":{}",
        "\"suffix\":\"x\"",
        "\"logprobs\":21",
        "\"best_of\":3,\"n\":4",
        "\"best_of\":2,\"stream\":true",
      })
  void namesTheCompletionFieldThatIsWrong(String field) throws Exception {
    String name = field.substring(1, field.indexOf('"', 1));
    String prompt = name.equals("prompt") ? "" : "\"prompt\":\"a\",";
    assertError(post("/v1/completions", text(prompt + field)), 400, name, null);
  }

  @Test
  void ignoresUnknownFieldsAndNulls() throws Exception {
    String body =
        "{"
            + HELLO
            + ",\"frobnicate\":[1],\"temperature\":null,\"stop\":null,\"tools\":[],\"n\":1.0,"
            + "\"metadata\":{\"a\":\"b\"},\"store\":false,\"service_tier\":\"auto\","
            + "\"parallel_tool_calls\":true,\"top_p\":0,\"top_k\":-1,\"logprobs\":false}";
    assertEquals(200, post("/v1/chat/completions", body).statusCode());
  }

  @Test
  void saysWhereJsonIsBroken() throws Exception {
    for (String body : List.of("{\"model\":", "[]", "", "{} {}", "nonsense")) {
      JsonNode error = assertError(post("/v1/chat/completions", body), 400, null, null);
      assertEquals("invalid_request_error", error.get("type").textValue());
    }
  }

  @Test
  void refusesOtherMediaMethodsPathsAndSizes() throws Exception {
    HttpRequest form =
        request("/v1/completions")
            .header("Content-Type", "text/plain")
            .POST(BodyPublishers.ofString("a"))
            .build();
    assertError(client.send(form, BodyHandlers.ofString()), 415, null, "unsupported_media_type");
    HttpResponse<String> wrongMethod = get("/v1/chat/completions");
    assertError(wrongMethod, 405, null, "method_not_allowed");
    assertEquals("POST", wrongMethod.headers().firstValue("allow").orElse(""));
    assertError(get("/v2/nothing"), 404, null, "unknown_url");
    assertError(
        post("/v1/completions", text("\"prompt\":\"" + "x".repeat(200_000) + "\"")),
        413,
        null,
        "body_too_large");
  }

  @Test
  void tellsItsHealthAndMetrics() throws Exception {
    for (String path : List.of("/health", "/health/live", "/health/ready")) {
      assertEquals("{\"status\":\"ok\"}", get(path).body());
    }
    post("/v1/completions", text("\"prompt\":\"abc\""));
    String metrics = get("/metrics").body();
    for (String name :
        List.of(
            "vllm:num_requests_running{model_name=\"demo-chat\"} 0.0",
            "vllm:request_success_total{finished_reason=\"stop\",model_name=\"demo-chat\"}",
            "vllm:time_to_first_token_seconds_bucket{model_name=\"demo-chat\",le=\"0.001\"}",
            "vllm:generation_tokens_total",
            "slinfer_kv_blocks_used",
            "slinfer_disconnect_to_free_seconds_count")) {
      assertTrue(metrics.contains(name), () -> name + " is missing in\n" + metrics);
    }
  }

  @Test
  void letsBrowsersIn() throws Exception {
    HttpRequest preflight =
        request("/v1/chat/completions")
            .header("Origin", "http://page.example")
            .header("Access-Control-Request-Method", "POST")
            .header("Access-Control-Request-Headers", "authorization,content-type")
            .method("OPTIONS", BodyPublishers.noBody())
            .build();
    HttpResponse<String> response = client.send(preflight, BodyHandlers.ofString());
    assertEquals(204, response.statusCode());
    assertEquals("*", response.headers().firstValue("access-control-allow-origin").orElse(""));
    assertTrue(
        response
            .headers()
            .firstValue("access-control-allow-headers")
            .orElse("")
            .contains("authorization"));
  }

  private static String text(String fields) {
    return "{\"model\":\"demo-chat\"," + fields + "}";
  }

  /**
   * Checks the status and the four keys; null means JSON null, except for codes of field errors.
   */
  private static JsonNode assertError(
      HttpResponse<String> response, int status, String param, String code) throws Exception {
    assertEquals(status, response.statusCode(), response.body());
    JsonNode error = JSON.readTree(response.body()).get("error");
    assertEquals(4, error.size(), response.body());
    assertTrue(error.get("message").isTextual() && !error.get("message").textValue().isEmpty());
    assertTrue(error.get("type").isTextual());
    assertEquals(param, error.get("param").textValue(), response.body());
    assertEquals(code, error.get("code").textValue(), response.body());
    if (code == null) {
      assertNull(error.get("code").textValue());
    }
    return error;
  }

  private static HttpResponse<String> get(String path) throws Exception {
    return client.send(request(path).GET().build(), BodyHandlers.ofString());
  }

  private static HttpResponse<String> post(String path, String body) throws Exception {
    return client.send(
        request(path)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  private static HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(server.url() + path));
  }
}
