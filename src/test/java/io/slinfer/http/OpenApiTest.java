package io.slinfer.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import io.slinfer.testing.JsonClient;
import io.slinfer.testing.ScriptedEngine.Script;
import io.slinfer.testing.Scripts;
import io.slinfer.testing.TestServer;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The description at /openapi.json against the handlers: paths, examples, answers, errors. */
final class OpenApiTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  private static TestServer server;
  private static JsonNode description;

  @BeforeAll
  static void start() throws Exception {
    server = new TestServer("", Script.of(Scripts.SMALL, Scripts.saying("hi")), "demo-chat");
    description = JSON.readTree(JsonClient.get(server.url() + "/openapi.json").body());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void describesEveryPathAndNoOther() {
    Map<String, String> described = new TreeMap<>();
    description
        .get("paths")
        .properties()
        .forEach(
            path ->
                path.getValue()
                    .fieldNames()
                    .forEachRemaining(
                        method -> {
                          if (!method.equals("parameters")) {
                            described.put(
                                path.getKey().replace("{id}", "*"),
                                method.toUpperCase(java.util.Locale.ROOT));
                          }
                        }));
    assertEquals(new TreeMap<>(server.paths()), described);
  }

  @Test
  void takesEveryExampleAndAnswersAsDescribed() throws Exception {
    List<String> wrong = new ArrayList<>();
    for (Map.Entry<String, JsonNode> path : description.get("paths").properties()) {
      JsonNode post = path.getValue().get("post");
      JsonNode operation = post == null ? path.getValue().get("get") : post;
      JsonNode answerSchema =
          operation.at("/responses/200/content/application~1json").path("schema");
      HttpResponse<String> answer;
      if (post == null) {
        answer = JsonClient.get(server.url() + path.getKey().replace("{id}", "demo-chat"));
      } else {
        JsonNode request = post.at("/requestBody/content/application~1json");
        check(request.get("schema"), request.get("example"), path.getKey() + " example", wrong);
        answer = JsonClient.post(server.url() + path.getKey(), request.get("example").toString());
      }
      assertEquals(200, answer.statusCode(), path.getKey() + ": " + answer.body());
      if (!answerSchema.isMissingNode()) {
        check(answerSchema, JSON.readTree(answer.body()), path.getKey(), wrong);
      }
    }
    assertEquals(List.of(), wrong);
  }

  @Test
  void refusesWhatLacksARequiredFieldAsDescribed() throws Exception {
    List<String> wrong = new ArrayList<>();
    int tried = 0;
    for (Map.Entry<String, JsonNode> path : description.get("paths").properties()) {
      JsonNode post = path.getValue().get("post");
      if (post == null) {
        continue;
      }
      JsonNode request = post.at("/requestBody/content/application~1json");
      for (JsonNode field : resolved(request.get("schema")).path("required")) {
        ObjectNode body = request.get("example").deepCopy();
        body.remove(field.textValue());
        HttpResponse<String> answer =
            JsonClient.post(server.url() + path.getKey(), body.toString());
        String where = path.getKey() + " without " + field.textValue();
        assertEquals(400, answer.statusCode(), where + ": " + answer.body());
        assertTrue(answer.body().contains(field.textValue()), where + ": " + answer.body());
        JsonNode schema = post.at("/responses/default/content/application~1json/schema");
        check(schema, JSON.readTree(answer.body()), where, wrong);
        tried++;
      }
    }
    assertTrue(tried > 15, tried + " required fields");
    assertEquals(List.of(), wrong);
  }

  private static JsonNode resolved(JsonNode schema) {
    JsonNode reference = schema.get("$ref");
    return reference == null ? schema : description.at(reference.textValue().substring(1));
  }

  private static void check(JsonNode schema, JsonNode value, String where, List<String> wrong) {
    ObjectNode whole = JSON.createObjectNode();
    whole.set("components", description.get("components"));
    whole.putArray("allOf").add(schema);
    Set<ValidationMessage> found =
        JsonSchemaFactory.getInstance(VersionFlag.V202012).getSchema(whole).validate(value);
    found.forEach(message -> wrong.add(where + ": " + message.getMessage()));
  }
}
