package io.slinfer.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.slinfer.constraint.schema.RandomSchemas;
import io.slinfer.model.LlamaShape;
import io.slinfer.model.QuantisationMix;
import io.slinfer.model.RandomLlama;
import io.slinfer.model.gguf.GgufFile;
import io.slinfer.testing.DemoServer;
import io.slinfer.testing.JsonClient;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers under schemas and grammars, from the demo model and from one of random weights. */
final class StructuredOutputTest {

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
  private static final JsonSchemaFactory VALIDATORS =
      JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012);
  private static final int SCHEMAS = 100;

  @TempDir private static Path folder;
  private static DemoServer server;

  @BeforeAll
  static void start() throws Exception {
    try (GgufFile demo = GgufFile.open(Path.of("models/demo-chat.gguf"))) {
      LlamaShape shape = new LlamaShape(64, 2, 2, 1, 128, 4_000, true);
      new RandomLlama(shape, QuantisationMix.Q8_0, demo.metadata(), 5)
          .write(folder.resolve("random.gguf"));
    }
    server = new DemoServer(folder);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"demo-chat", "random"})
  void everyAnswerUnderASchemaEndsByItselfParsesAndIsValid(String model) throws Exception {
    long seed = Long.getLong("slinfer.seed", 20261124L);
    RandomSchemas schemas = new RandomSchemas(new Random(seed));
    for (int i = 0; i < SCHEMAS; i++) {
      JsonNode schema = bounded(schemas);
      String where = "seed " + seed + ", schema " + i + ": " + schema;
      JsonNode choice = choice(request(model, i).set("response_format", format(schema)), where);
      String text = choice.get("message").get("content").textValue();
      assertEquals("stop", choice.get("finish_reason").textValue(), where + ": " + text);
      assertTrue(text.indexOf('\uFFFD') < 0, where + ": " + text);
      assertEquals(
          Set.of(),
          VALIDATORS.getSchema(schema).validate(JSON.readTree(text)),
          where + ": " + text);
      ObjectNode cut = request(model, i);
      cut.set("response_format", format(schema));
      cut.put("max_tokens", 1 + i % 12);
      JsonNode part = choice(cut, where);
      assertTrue(text.startsWith(part.get("message").get("content").textValue()), where);
    }
  }

  /** A schema whose objects cannot go on for ever. */
  private static JsonNode bounded(RandomSchemas schemas) {
    JsonNode schema = schemas.schema(1);
    while (schema.toString().matches(".*\"additionalProperties\":(\\{|true).*")) {
      schema = schemas.schema(1);
    }
    return schema;
  }

  @ParameterizedTest
  @ValueSource(strings = {"demo-chat", "random"})
  void anyObjectIsAnObjectOrItsBeginning(String model) throws Exception {
    for (int i = 0; i < 5; i++) {
      ObjectNode request = request(model, i).put("max_tokens", 200);
      request.putObject("response_format").put("type", "json_object");
      JsonNode choice = choice(request, "json_object");
      String text = choice.get("message").get("content").textValue();
      assertTrue(text.startsWith("{"), text);
      if (choice.get("finish_reason").textValue().equals("stop")) {
        assertTrue(JSON.readTree(text).isObject(), text);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"demo-chat", "random"})
  void requiredCallsAreCallsOfTheToolsWithValidArguments(String model) throws Exception {
    JsonNode parameters =
        JSON.readTree(
            "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\",\"maxLength\":12},"
                + "\"days\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":9}},"
                + "\"required\":[\"city\",\"days\"],\"additionalProperties\":false}");
    for (int i = 0; i < 10; i++) {
      ObjectNode request = request(model, i).put("tool_choice", "required");
      request.put("parallel_tool_calls", i % 2 == 0);
      ObjectNode tool = request.putArray("tools").addObject().put("type", "function");
      tool.putObject("function").put("name", "forecast").set("parameters", parameters);
      JsonNode choice = choice(request, "call");
      assertEquals("tool_calls", choice.get("finish_reason").textValue(), choice.toString());
      JsonNode calls = choice.get("message").get("tool_calls");
      assertTrue(i % 2 == 0 ? !calls.isEmpty() : calls.size() == 1, calls.toString());
      for (JsonNode call : calls) {
        assertEquals("forecast", call.get("function").get("name").textValue());
        JsonNode arguments = JSON.readTree(call.get("function").get("arguments").textValue());
        assertEquals(Set.of(), VALIDATORS.getSchema(parameters).validate(arguments));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"demo-chat", "random"})
  void aCallThatIsCutInItsBeginningLeavesNoText(String model) throws Exception {
    for (int most = 1; most < 12; most++) {
      ObjectNode request = request(model, most).put("tool_choice", "required");
      request.put("max_tokens", most);
      ObjectNode tool = request.putArray("tools").addObject().put("type", "function");
      tool.putObject("function").put("name", "forecast");
      JsonNode message = choice(request, "cut").get("message");
      assertEquals("", message.path("content").asText("").replace("null", ""), message.toString());
      String stream =
          JsonClient.post(
                  server.url() + "/v1/chat/completions", request.put("stream", true).toString())
              .body();
      assertFalse(stream.contains("tool_call>"), stream);
    }
  }

  /** Of two tools {@code allowed_tools} names the second. */
  @Test
  void onlyAllowedToolsAreCalled() throws Exception {
    for (int seed = 0; seed < 4; seed++) {
      ObjectNode request = JSON.createObjectNode().put("model", "random").put("seed", seed);
      request.put("input", "a");
      var tools = request.putArray("tools");
      tools.addObject().put("type", "function").put("name", "one");
      ObjectNode two = tools.addObject().put("type", "function").put("name", "two");
      two.putObject("parameters").put("type", "object").putObject("properties");
      ObjectNode choice = request.putObject("tool_choice").put("type", "allowed_tools");
      choice.put("mode", "required").putArray("tools").addObject().setAll(two.deepCopy());
      var response = JsonClient.post(server.url() + "/v1/responses", request.toString());
      assertEquals(200, response.statusCode(), response.body());
      JsonNode answer = JSON.readTree(response.body());
      assertEquals("two", answer.at("/output/0/name").textValue(), response.body());
      assertEquals("allowed_tools", answer.at("/tool_choice/type").textValue());
    }
  }

  /** With tools and a schema both, an answer is a valid call or a text of the schema. */
  @ParameterizedTest
  @ValueSource(strings = {"demo-chat", "random"})
  void anAnswerBesideToolsIsACallOrMeetsTheSchema(String model) throws Exception {
    JsonNode parameters =
        JSON.readTree(
            "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\",\"maxLength\":8}},"
                + "\"required\":[\"city\"],\"additionalProperties\":false}");
    JsonNode answer =
        JSON.readTree(
            "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\",\"maxLength\":8}},"
                + "\"required\":[\"name\"],\"additionalProperties\":false}");
    for (int i = 0; i < 10; i++) {
      ObjectNode request = request(model, i).put("temperature", 1.5);
      request.set("response_format", format(answer));
      ObjectNode tool = request.putArray("tools").addObject().put("type", "function");
      tool.putObject("function").put("name", "forecast").set("parameters", parameters);
      JsonNode choice = choice(request, "call or answer");
      JsonNode calls = choice.get("message").path("tool_calls");
      for (JsonNode call : calls) {
        JsonNode arguments = JSON.readTree(call.get("function").get("arguments").textValue());
        assertEquals(Set.of(), VALIDATORS.getSchema(parameters).validate(arguments));
      }
      JsonNode text = choice.get("message").get("content");
      assertEquals(calls.isEmpty(), text.isTextual(), choice.toString());
      if (calls.isEmpty()) {
        assertEquals("stop", choice.get("finish_reason").textValue(), choice.toString());
        assertEquals(
            Set.of(), VALIDATORS.getSchema(answer).validate(JSON.readTree(text.textValue())));
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "\"structured_outputs\":{\"choice\":[\"red one\",\"blue \\\"1\\\"\"]}~red one~blue \"1\"",
        "\"guided_choice\":[\"red one\",\"blue\"]~red one~blue",
        "\"structured_outputs\":{\"json\":{\"enum\":[\"a\",7]}}~\"a\"~7",
        "\"structured_outputs\":{\"grammar\":\"root ::= \\\"x\\\" | \\\"y\\\"\"}~x~y",
        "\"structured_outputs\":{\"regex\":\"a\\\"b|^c\\\\d{0}$\"}~a\"b~c",
        "\"guided_regex\":\"(yes|no)\\\\.\"~yes.~no.",
      })
  void theFieldsOfVllmDecideTheText(String field, String one, String other) throws Exception {
    for (int seed = 0; seed < 4; seed++) {
      String chat = request("random", seed).toString();
      JsonNode asked = JSON.readTree(chat.substring(0, chat.length() - 1) + "," + field + "}");
      JsonNode choice = choice(asked, field);
      String text = choice.at("/message/content").textValue();
      assertTrue(Set.of(one, other).contains(text), text);
      assertEquals("stop", choice.get("finish_reason").textValue());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"output_config\":{\"format\":%s}", "\"output_format\":%s"})
  void aFormatDecidesTheTextOfAMessage(String field) throws Exception {
    String message = message(field, "{\"type\":\"json_schema\",\"schema\":{\"enum\":[\"yes\"]}}");
    var answer = JsonClient.post(server.url() + "/v1/messages", message);
    assertEquals(200, answer.statusCode(), answer.body());
    assertEquals("\"yes\"", JSON.readTree(answer.body()).at("/content/0/text").textValue());
    String name = field.contains("config") ? "output_config.format" : "output_format";
    for (String wrong :
        List.of("{\"type\":\"json_schema\"}", "{\"type\":\"json_schema\",\"schema\":5}")) {
      var refusal = JsonClient.post(server.url() + "/v1/messages", message(field, wrong));
      assertEquals(400, refusal.statusCode(), refusal.body());
      assertTrue(refusal.body().contains("`" + name + ".schema` is "), refusal.body());
    }
  }

  private static String message(String field, String format) {
    String message = request("random", 1).put("max_tokens", 20).toString();
    return message.substring(0, message.length() - 1) + "," + field.formatted(format) + "}";
  }

  /** As llama.cpp's clients send it. */
  @Test
  void aFormatMayHoldItsSchemaItself() throws Exception {
    ObjectNode request = request("random", 1);
    ObjectNode format = request.putObject("response_format").put("type", "json_schema");
    format.putObject("schema").putArray("enum").add("yes");
    assertEquals("\"yes\"", choice(request, "schema").at("/message/content").textValue());
  }

  @Test
  void aGrammarDecidesTheText() throws Exception {
    ObjectNode request = request("random", 1).put("grammar", "root ::= [a-c]{3} \"!\"");
    JsonNode choice = choice(request, "grammar");
    String text = choice.get("message").get("content").textValue();
    assertTrue(text.matches("[a-c]{3}!"), text);
    assertEquals("stop", choice.get("finish_reason").textValue());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"s\",\"schema\":{\"not\":{}}}}|response_format.json_schema.schema|\"not\"",
        "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"s\",\"schema\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"array\",\"uniqueItems\":true}}}}}|response_format.json_schema.schema|\"uniqueItems\" at #/properties/a",
        "\"response_format\":{\"type\":\"json_object\"},\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\",\"patternProperties\":{\"a\":{}}}}}]|tools|\"patternProperties\"",
        "\"response_format\":{\"type\":\"json_schema\",\"schema\":{\"not\":{}}}|response_format.schema|\"not\"",
        "\"structured_outputs\":{\"choice\":[\"a\",\"\"]}|structured_outputs.choice|none of them empty",
        "\"structured_outputs\":{\"structural_tag\":\"a\"}|structured_outputs.structural_tag|not supported",
        "\"structured_outputs\":{\"regex\":\"a(?=b)\"}|structured_outputs.regex|look-around",
        "\"structured_outputs\":{\"json\":{},\"regex\":\"a\"}|structured_outputs.regex|structured_outputs.json",
        "\"guided_choice\":[\"a\"],\"grammar\":\"root ::= [a]\"|guided_choice|grammar",
        "\"guided_regex\":\"a)\"|guided_regex|unmatched",
        "\"grammar\":\"root ::= other\"|grammar|rule other is not defined",
        "\"tool_choice\":\"required\",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\",\"patternProperties\":{\"a\":{}}}}}]|tools|\"patternProperties\"",
      })
  void whatIsNotSupportedIsNamed(String fields, String param, String words) throws Exception {
    String body =
        "{\"model\":\"demo-chat\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],"
            + fields
            + "}";
    var response = JsonClient.post(server.url() + "/v1/chat/completions", body);
    assertEquals(400, response.statusCode(), response.body());
    JsonNode error = JSON.readTree(response.body()).get("error");
    assertEquals(param, error.get("param").textValue());
    assertTrue(error.get("message").textValue().contains(words), error.toString());
  }

  private static ObjectNode request(String model, int seed) {
    ObjectNode request = JSON.createObjectNode().put("model", model).put("seed", seed);
    request.putArray("messages").addObject().put("role", "user").put("content", "Answer in JSON.");
    return request;
  }

  private static ObjectNode format(JsonNode schema) {
    ObjectNode format = JSON.createObjectNode().put("type", "json_schema");
    format.putObject("json_schema").put("name", "s").put("strict", true).set("schema", schema);
    return format;
  }

  private static JsonNode choice(JsonNode request, String where) throws Exception {
    var response = JsonClient.post(server.url() + "/v1/chat/completions", request.toString());
    assertEquals(200, response.statusCode(), () -> where + ": " + response.body());
    return JSON.readTree(response.body()).get("choices").get(0);
  }
}
