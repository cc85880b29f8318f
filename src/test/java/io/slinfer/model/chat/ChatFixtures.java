package io.slinfer.model.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.time.LocalDateTime;
import java.util.Map;

/** Reads fixtures of chat templates and checks one case of them. */
final class ChatFixtures {

  private static final ObjectMapper JSON = new ObjectMapper();

  private ChatFixtures() {}

  static JsonNode read(InputStream stream) throws IOException {
    return JSON.readTree(stream);
  }

  static JsonNode resource(String name) throws IOException {
    try (InputStream stream = ChatFixtures.class.getResourceAsStream("/chat/" + name)) {
      return read(stream);
    }
  }

  static Object value(JsonNode node) {
    return JSON.convertValue(node, Object.class);
  }

  static Map<String, Object> map(JsonNode node) {
    return node.isMissingNode()
        ? Map.of()
        : JSON.convertValue(node, new TypeReference<Map<String, Object>>() {});
  }

  /**
   * A case expects a text, an error that the template raised (its message must match), or any
   * error.
   */
  static void check(
      String source, JsonNode expectation, Map<String, Object> variables, LocalDateTime now) {
    if (!expectation.has("error")) {
      assertEquals(
          expectation.get("expected").asText(),
          ChatTemplates.compile(source).render(variables, now),
          source);
      return;
    }
    ChatTemplateException failure =
        assertThrows(
            ChatTemplateException.class,
            () -> ChatTemplates.compile(source).render(variables, now),
            source);
    if (expectation.get("error").asText().equals("template")) {
      assertEquals(expectation.get("message").asText(), failure.getMessage(), source);
    }
  }
}
