package io.slinfer.http.ollama;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.slinfer.http.BadRequest;
import io.slinfer.http.Fields;

/**
 * The body of a call to /api/chat or /api/generate, and the chat or text completion that it means.
 * Where a sampling option is absent, Ollama's default holds, not OpenAI's.
 */
final class LinesRequest {

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final double TEMPERATURE = 0.8;
  private static final int TOP_K = 40;
  private static final double TOP_P = 0.9;

  private final Fields fields;
  private final ModelNames names;

  LinesRequest(JsonNode body, ModelNames names) {
    this.fields = new Fields(body, "");
    this.names = names;
  }

  /** Whether there is nothing to answer: such calls load the model. */
  boolean onlyLoads(LinesDialect.Kind kind) {
    return switch (kind) {
      case CHAT -> {
        JsonNode messages = fields.get("messages");
        yield messages == null || (messages.isArray() && messages.isEmpty());
      }
      case GENERATE -> {
        String prompt = fields.text("prompt");
        yield prompt == null || prompt.isEmpty();
      }
    };
  }

  /** One token of a call that only loads the model. */
  ObjectNode toLoad() {
    KeepAlive.check(fields);
    ObjectNode text = NODES.objectNode();
    text.put("model", model()).put("prompt", " ").put("max_tokens", 1);
    return text.put("stream", fields.flag("stream", true));
  }

  ObjectNode chatToChat() {
    ObjectNode chat = common();
    ArrayNode target = chat.putArray("messages");
    JsonNode messages = fields.get("messages");
    if (!messages.isArray()) {
      throw fields.bad("messages", "a list of messages");
    }
    for (int i = 0; i < messages.size(); i++) {
      String path = "messages[" + i + "]";
      if (!messages.get(i).isObject()) {
        throw new BadRequest("`" + path + "` is not an object.", path);
      }
      target.add(message(new Fields(messages.get(i), path + ".")));
    }
    if (fields.get("tools") != null) {
      chat.set("tools", fields.get("tools"));
    }
    logprobs(chat);
    format(chat);
    thinking(chat);
    return chat;
  }

  /** The text completion, or null if the model's chat template is to be used. */
  ObjectNode generateToText() {
    fields.unsupported("images", null);
    fields.unsupported("template", "");
    fields.unsupported("context", null);
    String suffix = fields.text("suffix");
    boolean fills = suffix != null && !suffix.isEmpty();
    if (!fields.flag("raw", false) && !fills) {
      return null;
    }
    ObjectNode text = common();
    text.put("prompt", fields.requiredText("prompt"));
    if (fills) {
      text.put("suffix", suffix);
    }
    if (!text.has("max_completion_tokens")) {
      text.put("max_tokens", Integer.MAX_VALUE);
    } else {
      text.set("max_tokens", text.remove("max_completion_tokens"));
    }
    if (fields.flag("logprobs", false)) {
      text.put("logprobs", likeliest());
    }
    format(text);
    return text;
  }

  ObjectNode generateToChat() {
    ObjectNode chat = common();
    ArrayNode messages = chat.putArray("messages");
    String system = fields.text("system");
    if (system != null && !system.isEmpty()) {
      messages.addObject().put("role", "system").put("content", system);
    }
    messages.addObject().put("role", "user").put("content", fields.requiredText("prompt"));
    logprobs(chat);
    format(chat);
    thinking(chat);
    return chat;
  }

  private String model() {
    return names.of(fields.requiredText("model")).value();
  }

  /** Model, stream and sampling. */
  private ObjectNode common() {
    KeepAlive.check(fields);
    ObjectNode call = NODES.objectNode();
    call.put("model", model()).put("stream", fields.flag("stream", true));
    Fields options = fields.object("options");
    if (options == null) {
      options = new Fields(NODES.objectNode(), "options.");
    }
    call.put("temperature", options.number("temperature", TEMPERATURE, 0, 2));
    call.put("top_k", options.integer("top_k", TOP_K, -1, Integer.MAX_VALUE));
    call.put("top_p", options.number("top_p", TOP_P, 0, 1));
    call.put("min_p", options.number("min_p", 0, 0, 1));
    int most = options.integer("num_predict", -1, -2, Integer.MAX_VALUE);
    if (most > 0) {
      call.put("max_completion_tokens", most);
    }
    Long seed = options.longInteger("seed");
    if (seed != null) {
      call.put("seed", seed);
    }
    if (options.get("stop") != null) {
      call.set("stop_sequences", options.get("stop"));
    }
    if (options.get("repeat_penalty") != null) {
      call.put("repetition_penalty", options.number("repeat_penalty", 1, 0, 10));
    }
    call.put("presence_penalty", options.number("presence_penalty", 0, -2, 2));
    call.put("frequency_penalty", options.number("frequency_penalty", 0, -2, 2));
    return call;
  }

  private void logprobs(ObjectNode chat) {
    int likeliest = likeliest();
    if (fields.flag("logprobs", false)) {
      chat.put("logprobs", true).put("top_logprobs", likeliest);
    }
  }

  private int likeliest() {
    return fields.integer("top_logprobs", 0, 0, 20);
  }

  private void format(ObjectNode call) {
    JsonNode format = fields.get("format");
    if (format == null || format.asText().isEmpty() && format.isTextual()) {
      return;
    }
    if (format.isObject()) {
      ObjectNode target = call.putObject("response_format").put("type", "json_schema");
      target.putObject("json_schema").put("name", "format").set("schema", format);
    } else if (format.asText().equals("json")) {
      call.putObject("response_format").put("type", "json_object");
    } else {
      throw fields.bad("format", "\"json\" or a JSON schema");
    }
  }

  private void thinking(ObjectNode chat) {
    JsonNode think = fields.get("think");
    if (think == null) {
      return;
    }
    if (think.isBoolean()) {
      chat.putObject("chat_template_kwargs").put("enable_thinking", think.booleanValue());
    } else {
      chat.put("reasoning_effort", fields.text("think"));
    }
  }

  private static ObjectNode message(Fields from) {
    from.unsupported("images", null);
    ObjectNode message = NODES.objectNode().put("role", from.requiredText("role"));
    String content = from.text("content");
    JsonNode calls = from.get("tool_calls");
    if (calls == null || content != null) {
      message.put("content", content == null ? "" : content);
    }
    if (from.text("tool_name") != null) {
      message.put("name", from.text("tool_name"));
    }
    if (calls != null) {
      if (!calls.isArray()) {
        throw from.bad("tool_calls", "a list");
      }
      ArrayNode target = message.putArray("tool_calls");
      for (int i = 0; i < calls.size(); i++) {
        JsonNode function = calls.get(i).path("function");
        JsonNode arguments = function.path("arguments");
        ObjectNode call = target.addObject().put("id", "call_" + i).put("type", "function");
        call.putObject("function")
            .put("name", function.path("name").asText())
            .put("arguments", arguments.isObject() ? arguments.toString() : "{}");
      }
    }
    return message;
  }
}
