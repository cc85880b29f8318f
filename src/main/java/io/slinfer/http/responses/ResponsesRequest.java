package io.slinfer.http.responses;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.slinfer.http.BadRequest;
import io.slinfer.http.Fields;
import java.util.List;
import java.util.Map;

/**
 * Turns the body of a Responses request into that of a chat completion. Fields that only a server
 * with memory could honour are refused by name; tools that the server itself would run are left
 * out.
 */
final class ResponsesRequest {

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final List<String> NEEDS_MEMORY =
      List.of("previous_response_id", "conversation", "prompt", "background");

  private static final List<String> FORMATS = List.of("text", "json_object", "json_schema");

  /** What requests call those fields that have other names in a chat completion. */
  static final Map<String, String> SENT_AS =
      Map.of("response_format", "text.format", "reasoning_effort", "reasoning.effort");

  private ResponsesRequest() {}

  static ObjectNode toChat(JsonNode body) {
    Fields fields = new Fields(body, "");
    ObjectNode chat = NODES.objectNode();
    chat.put("model", fields.requiredText("model"));
    for (String field : NEEDS_MEMORY) {
      refuse(fields, field);
    }
    chat.set("messages", messages(fields));
    if (fields.get("max_output_tokens") != null) {
      chat.put(
          "max_completion_tokens", fields.integer("max_output_tokens", 1, 1, Integer.MAX_VALUE));
    }
    for (String same :
        List.of("temperature", "top_p", "top_k", "min_p", "stream", "user", "seed", "priority")) {
      if (fields.get(same) != null) {
        chat.set(same, fields.get(same));
      }
    }
    logprobs(fields, chat);
    fields.word("truncation", List.of("disabled", "auto"));
    Fields reasoning = fields.object("reasoning");
    if (reasoning != null && reasoning.get("effort") != null) {
      chat.set("reasoning_effort", reasoning.get("effort"));
    }
    format(fields, chat);
    ResponsesTools.copy(fields, chat);
    return chat;
  }

  private static void logprobs(Fields fields, ObjectNode chat) {
    int likeliest = fields.integer("top_logprobs", 0, 0, 20);
    boolean asked = likeliest > 0;
    JsonNode include = fields.get("include");
    if (include != null) {
      for (JsonNode each : include) {
        asked |= each.asText().equals("message.output_text.logprobs");
      }
    }
    if (asked) {
      chat.put("logprobs", true).put("top_logprobs", likeliest);
    }
  }

  private static void refuse(Fields fields, String field) {
    JsonNode value = fields.get(field);
    boolean off = value == null || (value.isBoolean() && !value.booleanValue());
    if (!off) {
      throw new BadRequest(
          "`" + field + "` is not supported: answers are not stored; send the whole conversation.",
          field);
    }
  }

  private static void format(Fields fields, ObjectNode chat) {
    Fields text = fields.object("text");
    Fields format = text == null ? null : text.object("format");
    if (format == null) {
      return;
    }
    ObjectNode target = chat.putObject("response_format").put("type", format.requiredText("type"));
    if ("json_schema".equals(format.word("type", FORMATS))) {
      target.set("schema", format.required("schema", "a JSON schema"));
    }
  }

  private static ArrayNode messages(Fields fields) {
    ArrayNode chat = NODES.arrayNode();
    String instructions = fields.text("instructions");
    if (instructions != null && !instructions.isEmpty()) {
      chat.addObject().put("role", "system").put("content", instructions);
    }
    JsonNode input = fields.get("input");
    if (input == null) {
      throw new BadRequest("`input` is missing; it must be a text or a list of items.", "input");
    }
    if (input.isTextual()) {
      chat.addObject().put("role", "user").put("content", input.textValue());
      return chat;
    }
    if (!input.isArray() || input.isEmpty()) {
      throw fields.bad("input", "a text or a list of at least one item");
    }
    for (int i = 0; i < input.size(); i++) {
      add(chat, element(input.get(i), "input[" + i + "]"));
    }
    return chat;
  }

  private static void add(ArrayNode chat, Fields item) {
    String type = item.text("type");
    switch (type == null ? "message" : type) {
      case "message" -> {
        item.requiredText("role");
        String role = item.word("role", List.of("user", "assistant", "system", "developer"));
        chat.addObject().put("role", role).put("content", content(item, "content"));
      }
      case "function_call" -> {
        ObjectNode call = callsOfLast(chat).addObject();
        call.put("id", item.requiredText("call_id")).put("type", "function");
        String arguments = item.text("arguments");
        call.putObject("function")
            .put("name", item.requiredText("name"))
            .put("arguments", arguments == null ? "{}" : arguments);
      }
      case "function_call_output" ->
          chat.addObject()
              .put("role", "tool")
              .put("tool_call_id", item.requiredText("call_id"))
              .put("content", content(item, "output"));
      case "reasoning" -> {
        // Thoughts of earlier turns are not part of the prompt.
      }
      default ->
          throw item.bad(
              "type",
              "message, function_call, function_call_output, reasoning (others are not supported)");
    }
  }

  /** The calls of the last message if it is the assistant's, else those of a new one. */
  private static ArrayNode callsOfLast(ArrayNode chat) {
    if (!chat.isEmpty() && chat.get(chat.size() - 1) instanceof ObjectNode last) {
      if (last.get("role").textValue().equals("assistant")) {
        return last.withArray("/tool_calls");
      }
    }
    return chat.addObject().put("role", "assistant").putArray("tool_calls");
  }

  private static String content(Fields item, String field) {
    JsonNode value = item.get(field);
    if (value != null && value.isTextual()) {
      return value.textValue();
    }
    if (value == null || !value.isArray()) {
      throw item.bad(field, "a text or a list of text parts");
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < value.size(); i++) {
      Fields part = element(value.get(i), item.name(field) + "[" + i + "]");
      String key =
          switch (part.requiredText("type")) {
            case "input_text", "output_text", "text" -> "text";
            case "refusal" -> "refusal";
            default ->
                throw part.bad("type", "input_text, output_text, refusal (others: not supported)");
          };
      if (part.text(key) == null) {
        throw part.bad(key, "a text");
      }
      text.append(i == 0 ? "" : "\n").append(part.text(key));
    }
    return text.toString();
  }

  static Fields element(JsonNode value, String path) {
    if (!value.isObject()) {
      throw new BadRequest("`" + path + "` is not an object.", path);
    }
    return new Fields(value, path + ".");
  }
}
