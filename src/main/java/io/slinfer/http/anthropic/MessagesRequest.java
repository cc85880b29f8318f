package io.slinfer.http.anthropic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.slinfer.http.BadRequest;
import io.slinfer.http.Fields;
import java.util.List;
import java.util.function.BiConsumer;

/** Turns the body of a Messages request into that of a chat completion. */
final class MessagesRequest {

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private MessagesRequest() {}

  /**
   * @param counting only the prompt matters, so that {@code max_tokens} may be absent
   */
  static ObjectNode toChat(JsonNode body, boolean counting) {
    Fields fields = new Fields(body, "");
    ObjectNode chat = NODES.objectNode();
    chat.put("model", fields.requiredText("model"));
    chat.set("messages", messages(fields));
    if (!counting) {
      if (fields.get("max_tokens") == null) {
        throw new BadRequest("`max_tokens` is missing; it must be a whole number.", "max_tokens");
      }
      chat.put("max_completion_tokens", fields.integer("max_tokens", 1, 1, Integer.MAX_VALUE));
    }
    chat.put("temperature", fields.number("temperature", 1, 0, 1));
    copy(fields, chat, "top_p", "top_k", "stream");
    stops(fields, chat);
    tools(fields, chat);
    Fields metadata = fields.object("metadata");
    if (metadata != null && metadata.text("user_id") != null) {
      chat.put("user", metadata.text("user_id"));
    }
    thinking(fields, chat);
    OutputFormat.copy(fields, chat);
    fields.unsupported("mcp_servers", null);
    fields.unsupported("container", null);
    return chat;
  }

  private static void copy(Fields from, ObjectNode to, String... names) {
    for (String name : names) {
      if (from.get(name) != null) {
        to.set(name, from.get(name));
      }
    }
  }

  private static void stops(Fields fields, ObjectNode chat) {
    JsonNode stops = fields.get("stop_sequences");
    if (stops == null || (stops.isArray() && stops.isEmpty())) {
      return;
    }
    if (!stops.isArray()) {
      throw fields.bad("stop_sequences", "a list of texts");
    }
    chat.set("stop_sequences", stops);
  }

  private static void thinking(Fields fields, ObjectNode chat) {
    Fields thinking = fields.object("thinking");
    if (thinking != null) {
      String type = thinking.word("type", List.of("enabled", "disabled", "adaptive"));
      chat.putObject("chat_template_kwargs").put("enable_thinking", !"disabled".equals(type));
    }
  }

  private static void tools(Fields fields, ObjectNode chat) {
    JsonNode tools = fields.get("tools");
    if (tools == null) {
      return;
    }
    if (!tools.isArray()) {
      throw fields.bad("tools", "a list of tools");
    }
    ArrayNode functions = NODES.arrayNode();
    for (int i = 0; i < tools.size(); i++) {
      Fields tool = element(tools.get(i), "tools[" + i + "]");
      tool.word("type", List.of("custom"));
      ObjectNode function = functions.addObject().put("type", "function").putObject("function");
      function.put("name", tool.requiredText("name"));
      if (tool.text("description") != null) {
        function.put("description", tool.text("description"));
      }
      if (tool.object("input_schema") == null) {
        throw new BadRequest(
            "`" + tool.name("input_schema") + "` is missing; it must be a JSON schema.",
            tool.name("input_schema"));
      }
      function.set("parameters", tool.get("input_schema"));
    }
    if (!functions.isEmpty()) {
      chat.set("tools", functions);
      toolChoice(fields, chat);
    }
  }

  private static void toolChoice(Fields fields, ObjectNode chat) {
    Fields choice = fields.object("tool_choice");
    if (choice == null) {
      return;
    }
    choice.requiredText("type");
    switch (choice.word("type", List.of("auto", "any", "tool", "none"))) {
      case "any" -> chat.put("tool_choice", "required");
      case "tool" ->
          chat.putObject("tool_choice")
              .put("type", "function")
              .putObject("function")
              .put("name", choice.requiredText("name"));
      case "none" -> chat.put("tool_choice", "none");
      default -> chat.put("tool_choice", "auto");
    }
    if (choice.flag("disable_parallel_tool_use", false)) {
      chat.put("parallel_tool_calls", false);
    }
  }

  private static ArrayNode messages(Fields fields) {
    ArrayNode chat = NODES.arrayNode();
    JsonNode system = fields.get("system");
    if (system != null) {
      String text = textOf(system, "system");
      if (!text.isEmpty()) {
        chat.addObject().put("role", "system").put("content", text);
      }
    }
    JsonNode messages = fields.get("messages");
    if (messages == null) {
      throw new BadRequest("`messages` is missing; it must be a list.", "messages");
    }
    if (!messages.isArray() || messages.isEmpty()) {
      throw fields.bad("messages", "a list of at least one message");
    }
    for (int i = 0; i < messages.size(); i++) {
      Fields message = element(messages.get(i), "messages[" + i + "]");
      message.requiredText("role");
      String role = message.word("role", List.of("user", "assistant", "system"));
      JsonNode content = message.get("content");
      if (content == null) {
        throw new BadRequest(
            "`" + message.name("content") + "` is missing; it must be a text or blocks.",
            message.name("content"));
      }
      if (content.isTextual()) {
        chat.addObject().put("role", role).put("content", content.textValue());
      } else if (role.equals("assistant")) {
        assistant(chat, content, message.name("content"));
      } else {
        user(chat, role, content, message.name("content"));
      }
    }
    return chat;
  }

  /** One message with the texts and the tool calls; thinking of earlier turns is left out. */
  private static void assistant(ArrayNode chat, JsonNode content, String path) {
    StringBuilder text = new StringBuilder();
    ArrayNode calls = NODES.arrayNode();
    eachBlock(
        content,
        path,
        (block, type) -> {
          switch (type) {
            case "text" -> text.append(block.requiredTextOrEmpty("text"));
            case "thinking", "redacted_thinking" -> {}
            case "tool_use" -> {
              ObjectNode call = calls.addObject();
              call.put("id", block.fields().requiredText("id")).put("type", "function");
              JsonNode input = block.fields().get("input");
              call.putObject("function")
                  .put("name", block.fields().requiredText("name"))
                  .put("arguments", input == null ? "{}" : input.toString());
            }
            default -> throw block.fields().bad("type", "text, thinking, tool_use");
          }
        });
    ObjectNode message = chat.addObject().put("role", "assistant");
    if (calls.isEmpty() || !text.isEmpty()) {
      message.put("content", text.toString());
    }
    if (!calls.isEmpty()) {
      message.set("tool_calls", calls);
    }
  }

  /** Results of tools as messages of their own, then one message with the texts. */
  private static void user(ArrayNode chat, String role, JsonNode content, String path) {
    StringBuilder text = new StringBuilder();
    boolean[] results = new boolean[1];
    eachBlock(
        content,
        path,
        (block, type) -> {
          switch (type) {
            case "text" -> {
              text.append(text.isEmpty() ? "" : "\n").append(block.requiredTextOrEmpty("text"));
            }
            case "tool_result" -> {
              results[0] = true;
              JsonNode result = block.fields().get("content");
              chat.addObject()
                  .put("role", "tool")
                  .put("tool_call_id", block.fields().requiredText("tool_use_id"))
                  .put(
                      "content",
                      result == null ? "" : textOf(result, block.fields().name("content")));
            }
            default ->
                throw block
                    .fields()
                    .bad("type", "text, tool_result (other blocks are not supported)");
          }
        });
    if (!text.isEmpty() || !results[0]) {
      chat.addObject().put("role", role).put("content", text.toString());
    }
  }

  /** One content block. */
  private record Block(Fields fields) {

    String requiredTextOrEmpty(String field) {
      String text = fields.text(field);
      if (text == null) {
        throw fields.bad(field, "a text");
      }
      return text;
    }
  }

  private static void eachBlock(JsonNode content, String path, BiConsumer<Block, String> reader) {
    if (!content.isArray()) {
      throw new BadRequest("`" + path + "` must be a text or a list of blocks.", path);
    }
    for (int i = 0; i < content.size(); i++) {
      Fields block = element(content.get(i), path + "[" + i + "]");
      reader.accept(new Block(block), block.requiredText("type"));
    }
  }

  private static String textOf(JsonNode value, String path) {
    if (value.isTextual()) {
      return value.textValue();
    }
    StringBuilder text = new StringBuilder();
    eachBlock(
        value,
        path,
        (block, type) -> {
          if (!type.equals("text")) {
            throw block.fields().bad("type", "text (other blocks are not supported)");
          }
          text.append(text.isEmpty() ? "" : "\n").append(block.requiredTextOrEmpty("text"));
        });
    return text.toString();
  }

  private static Fields element(JsonNode value, String path) {
    if (!value.isObject()) {
      throw new BadRequest("`" + path + "` is not an object.", path);
    }
    return new Fields(value, path + ".");
  }
}
