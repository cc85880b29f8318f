package io.slinfer.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.slinfer.request.Failure;
import io.slinfer.testing.JsonClient;
import io.slinfer.testing.RawClient;
import io.slinfer.testing.ScriptedEngine.Script;
import io.slinfer.testing.Scripts;
import io.slinfer.testing.TestServer;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Messages, Responses and Ollama's lines: streams byte for byte, whole answers, and their ends. */
final class DialectStreamTest {

  private static final Script ECHO = Script.of(Scripts.SMALL, Scripts.echoUntil('~'));
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "messages-stream|/v1/messages|{\"model\":\"demo-chat\",\"max_tokens\":9,\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
        "messages-stream-stopped|/v1/messages|{\"model\":\"demo-chat\",\"max_tokens\":9,\"stream\":true,\"stop_sequences\":[\"x\",\"i!\"],\"system\":[{\"type\":\"text\",\"text\":\"h\"}],\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"i!\"}]}]}",
        "responses-stream|/v1/responses|{\"model\":\"demo-chat\",\"stream\":true,\"input\":\"hi\"}",
        "responses-stream-incomplete|/v1/responses|{\"model\":\"demo-chat\",\"stream\":true,\"max_output_tokens\":1,\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"hi\"}]}]}",
        "ollama-chat-stream|/api/chat|{\"model\":\"demo-chat:latest\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
        "ollama-generate-stream|/api/generate|{\"model\":\"demo-chat\",\"prompt\":\"hi\",\"options\":{\"num_predict\":1}}",
        "messages-stream-tools|/v1/messages|{\"model\":\"demo-chat\",\"max_tokens\":90,\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"a<tool_call>{\\\"name\\\":\\\"f\\\",\\\"arguments\\\":{\\\"x\\\":1}}</tool_call>\"}],\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}}]}",
        "messages-stream-thinking|/v1/messages|{\"model\":\"demo-chat\",\"max_tokens\":90,\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"<think>a</think>b\"}]}",
        "messages-stream-error|/v1/messages|{\"model\":\"demo-chat\",\"max_tokens\":90,\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi~\"}]}",
        "responses-stream-tools|/v1/responses|{\"model\":\"demo-chat\",\"stream\":true,\"input\":\"a<tool_call>{\\\"name\\\":\\\"f\\\",\\\"arguments\\\":{\\\"x\\\":1}}</tool_call>\",\"tools\":[{\"type\":\"function\",\"name\":\"f\"}]}",
        "responses-stream-reasoning|/v1/responses|{\"model\":\"demo-chat\",\"stream\":true,\"input\":\"<think>a</think>b\"}",
        "responses-stream-error|/v1/responses|{\"model\":\"demo-chat\",\"stream\":true,\"input\":\"hi~\"}",
        "ollama-chat-stream-tools|/api/chat|{\"model\":\"demo-chat\",\"messages\":[{\"role\":\"user\",\"content\":\"a<tool_call>{\\\"name\\\":\\\"f\\\",\\\"arguments\\\":{\\\"x\\\":1}}</tool_call>\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]}",
        "ollama-chat-stream-thinking|/api/chat|{\"model\":\"demo-chat\",\"messages\":[{\"role\":\"user\",\"content\":\"<think>a</think>b\"}],\"think\":true}",
        "ollama-chat-stream-error|/api/chat|{\"model\":\"demo-chat\",\"messages\":[{\"role\":\"user\",\"content\":\"hi~\"}]}",
        "ollama-generate-stream-thinking|/api/generate|{\"model\":\"demo-chat\",\"prompt\":\"<think>a</think>b\"}",
      })
  void equalsItsTranscript(String transcript, String path, String body) throws Exception {
    try (TestServer server = new TestServer("", ECHO, "demo-chat")) {
      HttpResponse<String> response = JsonClient.post(server.url() + path, body);
      assertEquals(200, response.statusCode(), response.body());
      assertEquals(
          path.startsWith("/api") ? "application/x-ndjson" : "text/event-stream; charset=utf-8",
          response.headers().firstValue("content-type").orElse(""));
      String expected = Files.readString(Path.of("src/test/resources/http", transcript + ".txt"));
      assertEquals(expected, plain(response.body()));
      server.awaitIdle();
    }
  }

  @Test
  void answersWholeAsEachApiDoes() throws Exception {
    try (TestServer server = new TestServer("", ECHO, "demo-chat")) {
      JsonNode message =
          answer(
              server,
              "/v1/messages",
              "{\"model\":\"demo-chat\",\"max_tokens\":9," + MESSAGES + "}");
      assertEquals("hi", message.at("/content/0/text").textValue());
      assertEquals("end_turn", message.get("stop_reason").textValue());
      assertEquals(3, message.at("/usage/output_tokens").intValue());
      JsonNode response =
          answer(
              server,
              "/v1/responses",
              "{\"model\":\"demo-chat\",\"instructions\":\"a\",\"input\":\"b\",\"tools\":[{\"type\":\"web_search\"}]}");
      assertEquals("completed", response.get("status").textValue());
      assertEquals("ab", response.at("/output/0/content/0/text").textValue());
      JsonNode chat =
          answer(
              server, "/api/chat", "{\"model\":\"demo-chat\",\"stream\":false," + MESSAGES + "}");
      assertEquals("hi", chat.at("/message/content").textValue());
      assertTrue(chat.get("done").booleanValue());
      JsonNode raw =
          answer(
              server,
              "/api/generate",
              "{\"model\":\"demo-chat\",\"raw\":true,\"prompt\":\"abc\",\"stream\":false}");
      assertEquals("abc", raw.get("response").textValue());
    }
  }

  @Test
  void tellsCallsOfToolsAsEachApiDoes() throws Exception {
    String said = "ok <tool_call>{\"name\":\"f\",\"arguments\":{\"x\":1}}</tool_call>";
    String user = JSON.createArrayNode().add(said).toString();
    String messages =
        "\"model\":\"demo-chat\",\"max_tokens\":200,\"messages\":[{\"role\":\"user\",\"content\":"
            + user.substring(1, user.length() - 1)
            + "}]";
    try (TestServer server = new TestServer("", ECHO, "demo-chat")) {
      String tools = ",\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}}]";
      JsonNode message = answer(server, "/v1/messages", "{" + messages + tools + "}");
      assertEquals("tool_use", message.get("stop_reason").textValue(), message.toString());
      assertEquals("f", message.at("/content/1/name").textValue(), message.toString());
      assertEquals(1, message.at("/content/1/input/x").intValue(), message.toString());
      String stream = text(server, "/v1/messages", "{" + messages + tools + ",\"stream\":true}");
      assertTrue(stream.contains("\"content_block\":{\"type\":\"tool_use\",\"id\":\""), stream);
      assertTrue(stream.contains("\"type\":\"input_json_delta\",\"partial_json\":"), stream);
      JsonNode response =
          answer(
              server,
              "/v1/responses",
              "{\"model\":\"demo-chat\",\"input\":"
                  + user.substring(1, user.length() - 1)
                  + ",\"tools\":[{\"type\":\"function\",\"name\":\"f\"}]}");
      JsonNode call = response.at("/output/1");
      assertEquals("function_call", call.get("type").textValue(), response.toString());
      assertEquals("{\"x\":1}", call.get("arguments").textValue());
      JsonNode chat =
          answer(
              server,
              "/api/chat",
              "{"
                  + messages
                  + ",\"stream\":false,\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]}");
      assertEquals(
          1, chat.at("/message/tool_calls/0/function/arguments/x").intValue(), chat.toString());
    }
  }

  @Test
  void loadsAModelForACallWithoutAPrompt() throws Exception {
    try (TestServer server = new TestServer("", ECHO, "demo-chat")) {
      JsonNode loaded =
          answer(server, "/api/generate", "{\"model\":\"demo-chat\",\"stream\":false}");
      assertEquals("load", loaded.get("done_reason").textValue());
      assertEquals("", loaded.get("response").textValue());
      for (String stay : new String[] {"0", "\"0s\"", "-1", "\"1h30m\""}) {
        String chat = "{\"model\":\"demo-chat\",\"messages\":[],\"stream\":false,\"keep_alive\":";
        JsonNode kept = answer(server, "/api/chat", chat + stay + "}");
        assertTrue(kept.get("done").booleanValue(), kept.toString());
        assertEquals("load", kept.get("done_reason").textValue(), kept.toString());
      }
      assertEquals(1, server.engine().loads().size());
      JsonNode running = JSON.readTree(JsonClient.get(server.url() + "/api/ps").body());
      assertEquals("demo-chat", running.at("/models/0/name").textValue());
    }
  }

  @Test
  void failsInTheApisOwnFormBeforeAndInAStream() throws Exception {
    Script slowFailure =
        ECHO.taking(0, TimeUnit.MILLISECONDS.toNanos(300))
            .failingLoads(source -> new Failure.Internal("out of luck"));
    try (TestServer server =
        new TestServer("http: {heartbeat: 100 ms}", slowFailure, "first", "second", "third")) {
      String messages =
          JsonClient.post(
                  server.url() + "/v1/messages",
                  "{\"model\":\"first\",\"max_tokens\":9,\"stream\":true," + MESSAGES + "}")
              .body();
      assertTrue(messages.startsWith("event: ping\ndata: {\"type\":\"ping\"}\n\n"), messages);
      assertTrue(
          messages.contains(
              "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\""),
          messages);
      String responses =
          JsonClient.post(
                  server.url() + "/v1/responses",
                  "{\"model\":\"second\",\"input\":\"a\",\"stream\":true}")
              .body();
      assertTrue(responses.startsWith(": waiting\n\n"), responses);
      assertTrue(responses.contains("event: response.failed\n"), responses);
      assertTrue(responses.contains("event: error\n"), responses);
      String lines =
          JsonClient.post(server.url() + "/api/chat", "{\"model\":\"third\"," + MESSAGES + "}")
              .body();
      assertTrue(lines.endsWith("out of luck\"}\n"), lines);
      assertFalse(lines.contains("\"done\":true"), lines);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/v1/messages|{\"model\":\"demo-chat\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}|400|max_tokens",
        "/v1/messages|{\"model\":\"demo-chat\",\"max_tokens\":9,\"temperature\":2,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}|400|temperature",
        "/v1/messages|{\"model\":\"demo-chat\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\"}]}]}|400|messages[0].content[0].type",
        "/v1/messages|{\"model\":\"nobody\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}|404|nobody",
        "/v1/responses|{\"model\":\"demo-chat\",\"input\":\"a\",\"previous_response_id\":\"resp_1\"}|400|previous_response_id",
        "/v1/responses|{\"model\":\"demo-chat\"}|400|input",
        "/v1/responses|{\"model\":\"demo-chat\",\"input\":\"a\",\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"s\"}}}|400|\"param\":\"text.format.schema\"",
        "/v1/responses|{\"model\":\"demo-chat\",\"input\":\"a\",\"text\":{\"format\":{\"type\":\"json_schema\",\"schema\":5}}}|400|\"param\":\"text.format.schema\"",
        "/v1/responses|{\"model\":\"demo-chat\",\"input\":\"a\",\"text\":{\"format\":{\"type\":\"json_schema\",\"schema\":{\"not\":{}}}}}|400|\"param\":\"text.format.schema\"",
        "/v1/responses|{\"model\":\"demo-chat\",\"input\":\"a\",\"reasoning\":{\"effort\":\"huge\"}}|400|\"param\":\"reasoning.effort\"",
        "/v1/responses|{\"model\":\"demo-chat\",\"input\":\"a\",\"tools\":[{\"type\":\"function\",\"name\":\"f\"}],\"tool_choice\":{\"type\":\"allowed_tools\",\"mode\":\"auto\",\"tools\":[{\"type\":\"function\",\"name\":\"g\"}]}}|400|not in `tools`: [g]",
        "/v1/responses|{\"model\":\"demo-chat\",\"input\":\"a\",\"tools\":[{\"type\":\"function\",\"name\":\"f\"}],\"tool_choice\":{\"type\":\"allowed_tools\",\"mode\":\"any\",\"tools\":[]}}|400|tool_choice.mode",
        "/v1/responses|{\"model\":\"demo-chat\",\"input\":[{\"type\":\"item_reference\"}]}|400|input[0].type",
        "/api/chat|{\"model\":\"demo-chat\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"options\":{\"temperature\":9}}|400|options.temperature",
        "/api/chat|{\"model\":\"nobody\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}|404|nobody",
        "/api/generate|{\"model\":\"demo-chat\",\"keep_alive\":\"bogus\"}|400|keep_alive",
        "/api/chat|{\"model\":\"demo-chat\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"keep_alive\":\"5 m\"}|400|keep_alive",
        "/api/embed|{\"model\":\"demo-chat\",\"input\":\"a\",\"keep_alive\":true}|400|keep_alive",
        "/api/generate|{\"model\":\"demo-chat\",\"prompt\":\"a\",\"template\":\"x\"}|400|allowed: \\\"\\\" (others",
        "/api/show|{\"model\":\"nobody\"}|404|nobody",
      })
  void namesWhatIsWrong(String path, String body, int status, String named) throws Exception {
    try (TestServer server = new TestServer("", ECHO, "demo-chat")) {
      HttpResponse<String> response = JsonClient.post(server.url() + path, body);
      assertEquals(status, response.statusCode(), response.body());
      assertTrue(response.body().contains(named), response.body());
      JsonNode error = JSON.readTree(response.body());
      if (path.startsWith("/api")) {
        assertTrue(error.get("error").isTextual(), response.body());
      } else if (path.equals("/v1/messages")) {
        assertEquals("error", error.get("type").textValue());
      } else {
        assertEquals(4, error.get("error").size());
      }
    }
  }

  @Test
  void freesEverythingWhenAReaderHangsUp() throws Exception {
    Script endless = Script.of(Scripts.SMALL, Scripts.alphabet());
    try (TestServer server = new TestServer("", endless, "demo-chat")) {
      for (String path : new String[] {"/v1/messages", "/api/chat"}) {
        try (RawClient client = new RawClient(server.port())) {
          client.send(
              RawClient.post(
                  path,
                  "{\"model\":\"demo-chat\",\"max_tokens\":900,\"stream\":true," + MESSAGES + "}"));
          client.readUntil("\"role\":\"assistant\"");
        }
        server.awaitIdle();
      }
    }
  }

  @Test
  void tellsOfModelsAsOllamaDoes() throws Exception {
    try (TestServer server = new TestServer("", ECHO, "demo-chat")) {
      JsonNode tags = JSON.readTree(JsonClient.get(server.url() + "/api/tags").body());
      assertEquals("demo-chat", tags.at("/models/0/model").textValue());
      assertEquals("1.1B", tags.at("/models/0/details/parameter_size").textValue());
      JsonNode shown = answer(server, "/api/show", "{\"model\":\"demo-chat:latest\"}");
      assertEquals(22, shown.at("/model_info/llama.block_count").intValue());
      assertEquals("completion", shown.at("/capabilities/0").textValue());
      assertEquals(
          0, JSON.readTree(JsonClient.get(server.url() + "/api/ps").body()).get("models").size());
      assertTrue(JsonClient.get(server.url() + "/api/version").body().contains("\"version\":\""));
    }
  }

  @Test
  void turnsTextsIntoTokensAndBack() throws Exception {
    try (TestServer server = new TestServer("", ECHO, "demo-chat")) {
      assertEquals(
          "{\"count\":3,\"max_model_len\":1024,\"tokens\":[256,97,98],\"token_strs\":[\"\",\"a\",\"b\"]}",
          text(
              server,
              "/tokenize",
              "{\"model\":\"demo-chat\",\"prompt\":\"ab\",\"return_token_strs\":true}"));
      assertEquals("{\"tokens\":[97,98]}", text(server, "/tokenize", "{\"content\":\"ab\"}"));
      assertEquals(
          "{\"tokens\":[{\"id\":97,\"piece\":\"a\"}]}",
          text(server, "/tokenize", "{\"content\":\"a\",\"with_pieces\":true}"));
      assertEquals(
          "{\"count\":2,\"max_model_len\":1024,\"tokens\":[104,105],\"token_strs\":null}",
          text(server, "/tokenize", "{\"model\":\"demo-chat\"," + MESSAGES + "}"));
      assertEquals(
          "{\"prompt\":\"ab\",\"content\":\"ab\"}",
          text(server, "/detokenize", "{\"model\":\"demo-chat\",\"tokens\":[256,97,98]}"));
      assertEquals("{\"prompt\":\"hi\"}", text(server, "/apply-template", "{" + MESSAGES + "}"));
      assertEquals(
          "{\"input_tokens\":2}",
          text(server, "/v1/messages/count_tokens", "{\"model\":\"demo-chat\"," + MESSAGES + "}"));
      assertEquals(
          400, JsonClient.post(server.url() + "/detokenize", "{\"tokens\":[999]}").statusCode());
    }
  }

  private static JsonNode answer(TestServer server, String path, String body) throws Exception {
    return JSON.readTree(text(server, path, body));
  }

  private static String text(TestServer server, String path, String body) throws Exception {
    HttpResponse<String> response = JsonClient.post(server.url() + path, body);
    assertEquals(200, response.statusCode(), response.body());
    return response.body();
  }

  private static String plain(String stream) {
    return stream
        .replaceAll("\"id\":\"resp_[0-9A-Za-z]{24}\"", "\"id\":\"RID\"")
        .replaceAll("\"created_at\":1[0-9]{9}", "\"created_at\":0")
        .replaceAll("\"created_at\":\"20[-0-9]+T[0-9:.]+Z\"", "\"created_at\":\"TIME\"")
        .replaceAll("_duration\":[0-9]+", "_duration\":0")
        .replaceAll("\"(id|call_id)\":\"call_[0-9A-Za-z]{24}\"", "\"$1\":\"CALL\"")
        .replaceAll("\"(id|item_id)\":\"fc_[0-9A-Za-z]{24}\"", "\"$1\":\"FID\"")
        .replaceAll("\"(id|item_id)\":\"rs_[0-9A-Za-z]{24}\"", "\"$1\":\"RSID\"")
        .replaceAll(
            "\"(id|item_id)\":\"msg_[0-9A-Za-z]{24}\"",
            stream.contains("message_start") ? "\"$1\":\"ID\"" : "\"$1\":\"MID\"");
  }
}
