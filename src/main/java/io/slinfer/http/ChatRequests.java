package io.slinfer.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.slinfer.gateway.AnswerForm;
import io.slinfer.gateway.AnswerReading;
import io.slinfer.gateway.Prompt;
import io.slinfer.request.ModelId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the body of POST /v1/chat/completions. */
public final class ChatRequests {

  private static final List<String> ROLES =
      List.of("system", "developer", "user", "assistant", "tool", "function");
  private static final List<String> EFFORTS =
      List.of("none", "minimal", "low", "medium", "high", "xhigh");
  private static final ObjectMapper JSON = new ObjectMapper();

  private ChatRequests() {}

  public static GenerationCall read(JsonNode body) {
    return read(body, Map.of());
  }

  /**
   * Reads a chat completion that was made from another API's request.
   *
   * @param sentAs what that API calls those fields that have other names there
   */
  public static GenerationCall read(JsonNode body, Map<String, String> sentAs) {
    Fields fields = new Fields(body, "", sentAs);
    String model = fields.requiredText("model");
    List<Map<String, Object>> messages = messages(fields);
    refuseUnsupported(fields);
    ToolFields.Offer tools = ToolFields.read(fields);
    boolean logprobs = fields.flag("logprobs", false);
    int n = fields.integer("n", 1, 1, 128);
    int maxTokens = fields.integer("max_tokens", 0, 1, Integer.MAX_VALUE);
    int maxOutputTokens = fields.integer("max_completion_tokens", maxTokens, 1, Integer.MAX_VALUE);
    boolean stream = fields.flag("stream", false);
    return new GenerationCall(
        new ModelId(model),
        List.of(new Prompt.Chat(messages, tools.forTemplate(), variables(fields))),
        n,
        CallFields.limits(fields, maxOutputTokens, likeliest(fields, logprobs)),
        CallFields.user(fields),
        fields.integer("priority", 0, Integer.MIN_VALUE, Integer.MAX_VALUE),
        stream,
        CallFields.includeUsage(fields, stream),
        new GenerationCall.Answer(
            form(fields, tools),
            new AnswerReading(false, logprobs, true, !tools.isEmpty(), tools.parallel(), false),
            n,
            logprobs));
  }

  private static int likeliest(Fields fields, boolean logprobs) {
    int likeliest = fields.integer("top_logprobs", 0, 0, CallFields.MAX_LIKELIEST);
    if (likeliest > 0 && !logprobs) {
      throw new BadRequest(
          "`top_logprobs` is only allowed when `logprobs` is true.", "top_logprobs");
    }
    return likeliest;
  }

  private static AnswerForm form(Fields fields, ToolFields.Offer tools) {
    return AnswerForms.read(fields) instanceof AnswerForm.Grammatical answer
        ? tools.formOr(answer)
        : tools.form();
  }

  private static void refuseUnsupported(Fields fields) {
    fields.unsupported("audio", null);
    fields.unsupported("web_search_options", null);
    JsonNode modalities = fields.get("modalities");
    if (modalities != null && !modalities.toString().equals("[\"text\"]")) {
      throw fields.bad("modalities", "[\"text\"]");
    }
  }

  /** Variables of the template beyond the messages. */
  private static Map<String, Object> variables(Fields fields) {
    Map<String, Object> variables = new LinkedHashMap<>();
    String effort = fields.word("reasoning_effort", EFFORTS);
    if (effort != null) {
      variables.put("reasoning_effort", effort);
      if (effort.equals("none")) {
        variables.put("enable_thinking", false);
      }
    }
    Fields more = fields.object("chat_template_kwargs");
    if (more != null) {
      fields
          .get("chat_template_kwargs")
          .properties()
          .forEach(entry -> variables.put(entry.getKey(), Fields.plainValue(entry.getValue())));
    }
    return variables;
  }

  private static List<Map<String, Object>> messages(Fields fields) {
    JsonNode value = fields.get("messages");
    if (value == null) {
      throw new BadRequest("`messages` is missing; it must be a list.", "messages");
    }
    if (!value.isArray() || value.isEmpty()) {
      throw fields.bad("messages", "a list of at least one message");
    }
    List<Map<String, Object>> messages = new ArrayList<>(value.size());
    for (int i = 0; i < value.size(); i++) {
      String path = "messages[" + i + "]";
      if (!value.get(i).isObject()) {
        throw new BadRequest("`" + path + "` is not an object.", path);
      }
      messages.add(message(new Fields(value.get(i), path + "."), value.get(i)));
    }
    return messages;
  }

  private static Map<String, Object> message(Fields fields, JsonNode object) {
    fields.requiredText("role");
    String role = fields.word("role", ROLES);
    Map<String, Object> message = new LinkedHashMap<>();
    object
        .properties()
        .forEach(entry -> message.put(entry.getKey(), Fields.plainValue(entry.getValue())));
    // Templates know the older word.
    message.put("role", role.equals("developer") ? "system" : role);
    String content = content(fields);
    boolean mayLack = role.equals("assistant");
    if (content == null && !mayLack) {
      throw new BadRequest(
          "`" + fields.name("content") + "` is missing; it must be a string or text parts.",
          fields.name("content"));
    }
    message.put("content", content);
    JsonNode calls = fields.get("tool_calls");
    if (calls != null) {
      message.put("tool_calls", toolCalls(fields, calls));
    }
    return message;
  }

  /** The content as one text: parts are joined by line feeds; null if absent. */
  private static String content(Fields fields) {
    JsonNode value = fields.get("content");
    if (value == null) {
      return null;
    }
    if (value.isTextual()) {
      return value.textValue();
    }
    if (!value.isArray()) {
      throw fields.bad("content", "a string or a list of text parts");
    }
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < value.size(); i++) {
      Fields part = new Fields(value.get(i), fields.name("content") + "[" + i + "].");
      String type = value.get(i).path("type").asText();
      switch (type) {
        case "text" -> texts.add(textOf(part, "text"));
        case "refusal" -> texts.add(textOf(part, "refusal"));
        default -> throw part.bad("type", "text (other parts are not supported)");
      }
    }
    return String.join("\n", texts);
  }

  private static String textOf(Fields part, String field) {
    String text = part.text(field);
    if (text == null) {
      throw part.bad(field, "a string");
    }
    return text;
  }

  /** Calls of earlier turns, with their arguments as objects, which is what templates expect. */
  private static Object toolCalls(Fields fields, JsonNode calls) {
    if (!calls.isArray()) {
      throw fields.bad("tool_calls", "a list");
    }
    List<Object> plain = new ArrayList<>();
    for (int i = 0; i < calls.size(); i++) {
      JsonNode call = calls.get(i);
      String path = fields.name("tool_calls") + "[" + i + "]";
      if (!call.path("function").path("name").isTextual()) {
        throw new BadRequest(
            "`"
                + path
                + ".function.name` is missing; a call is {\"id\", \"type\": \"function\","
                + " \"function\": {\"name\", \"arguments\"}}.",
            path);
      }
      Object value = Fields.plainValue(call);
      JsonNode arguments = call.path("function").path("arguments");
      if (arguments.isTextual() && value instanceof Map<?, ?> map) {
        Map<String, Object> function = new LinkedHashMap<>();
        call.path("function")
            .properties()
            .forEach(entry -> function.put(entry.getKey(), Fields.plainValue(entry.getValue())));
        function.put("arguments", parsed(arguments.textValue()));
        Map<String, Object> copy = new LinkedHashMap<>();
        map.forEach((key, old) -> copy.put((String) key, old));
        copy.put("function", function);
        value = copy;
      }
      plain.add(value);
    }
    return plain;
  }

  /** JSON text as an object, or the text itself if it is not JSON. */
  private static Object parsed(String text) {
    try {
      return Fields.plainValue(JSON.readTree(text));
    } catch (JsonProcessingException notJson) {
      return text;
    }
  }
}
