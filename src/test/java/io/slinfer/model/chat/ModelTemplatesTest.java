package io.slinfer.model.chat;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The templates of real models, from the shared fixtures folder, each with many conversations. */
final class ModelTemplatesTest {

  @TestFactory
  Stream<DynamicTest> modelsTemplatesRenderAsInTransformers() throws IOException {
    Path file =
        Path.of(System.getProperty("slinfer.shared", "../shared"))
            .resolve("conformance/chat/templates.json.gz");
    assumeTrue(Files.exists(file), "the shared fixtures folder is absent: " + file);
    JsonNode fixture;
    try (InputStream stream = new GZIPInputStream(Files.newInputStream(file))) {
      fixture = ChatFixtures.read(stream);
    }
    return fixture.get("templates").properties().stream()
        .map(
            entry ->
                DynamicTest.dynamicTest(entry.getKey(), () -> check(entry.getValue(), fixture)));
  }

  private static void check(JsonNode template, JsonNode fixture) {
    LocalDateTime now = LocalDateTime.parse(fixture.get("now").asText());
    for (JsonNode one : template.get("cases")) {
      JsonNode conversation = fixture.get("conversations").get(one.get("conversation").asText());
      Map<String, Object> kwargs = new LinkedHashMap<>(ChatFixtures.map(one.path("kwargs")));
      ChatPrompt prompt =
          new ChatPrompt(
              (List<?>) ChatFixtures.value(conversation.get("messages")),
              conversation.has("tools")
                  ? (List<?>) ChatFixtures.value(conversation.get("tools"))
                  : null,
              null,
              one.get("add_generation_prompt").asBoolean(),
              kwargs);
      Map<String, Object> variables =
          prompt.variables(template.get("bos_token").asText(), template.get("eos_token").asText());
      ChatFixtures.check(template.get("template").asText(), one, variables, now);
    }
  }
}
