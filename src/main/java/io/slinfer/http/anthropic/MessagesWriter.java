package io.slinfer.http.anthropic;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.slinfer.gateway.GenerationListener.Usage;
import io.slinfer.http.AnswerWriter;
import io.slinfer.http.ChatDialect.Heading;
import io.slinfer.http.ErrorAnswer;
import io.slinfer.request.FinishReason;
import io.slinfer.toolcall.ToolCallEvent;
import java.util.function.Supplier;

/** Writes one message: content blocks one after the other, as typed events or whole. */
final class MessagesWriter implements AnswerWriter {

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final ObjectNode message = NODES.objectNode();
  private final ArrayNode content = NODES.arrayNode();
  private final StringBuilder text = new StringBuilder();

  /** The block that is open; null if none is. */
  private ObjectNode block;

  MessagesWriter(Heading heading) {
    message
        .put("id", heading.id())
        .put("type", "message")
        .put("role", "assistant")
        .put("model", heading.model());
    message.set("content", content);
    message.putNull("stop_reason").putNull("stop_sequence");
  }

  @Override
  public String opened(int promptTokens, int cachedTokens) {
    message.set("usage", usage(promptTokens, cachedTokens, 0));
    ObjectNode event = event("message_start");
    event.set("message", message);
    return frame(event);
  }

  @Override
  public String text(String piece) {
    return open("text", () -> NODES.objectNode().put("type", "text").put("text", ""))
        + delta("text_delta", "text", piece);
  }

  @Override
  public String reasoning(String piece) {
    return open(
            "thinking",
            () ->
                NODES.objectNode().put("type", "thinking").put("thinking", "").put("signature", ""))
        + delta("thinking_delta", "thinking", piece);
  }

  @Override
  public String call(ToolCallEvent part) {
    return switch (part) {
      case ToolCallEvent.CallStarted started ->
          close()
              + open(
                  "tool_use",
                  () -> {
                    ObjectNode tool = NODES.objectNode().put("type", "tool_use");
                    tool.put("id", started.id()).put("name", started.name()).putObject("input");
                    return tool;
                  });
      case ToolCallEvent.ArgumentsDelta arguments ->
          delta("input_json_delta", "partial_json", arguments.fragment());
      case ToolCallEvent.CallEnded ended -> close();
      case ToolCallEvent.Text plain -> text(plain.text());
    };
  }

  @Override
  public String ended(FinishReason reason, String stopText, Usage used) {
    String frames = close();
    String stopReason =
        switch (reason) {
          case STOP -> stopText == null ? "end_turn" : "stop_sequence";
          case LENGTH -> "max_tokens";
          case TOOL_CALLS -> "tool_use";
          case CANCELLED, FAILED -> throw new IllegalStateException(reason + " is told to nobody");
        };
    message.put("stop_reason", stopReason).put("stop_sequence", stopText);
    ObjectNode usage = usage(used.promptTokens(), used.cachedTokens(), used.outputTokens());
    message.set("usage", usage);
    ObjectNode event = event("message_delta");
    event.putObject("delta").put("stop_reason", stopReason).put("stop_sequence", stopText);
    event.set("usage", usage);
    return frames + frame(event) + frame(event("message_stop"));
  }

  @Override
  public String failed(ErrorAnswer error) {
    return "event: error\ndata: " + MessagesDialect.errorBody(error) + "\n\n";
  }

  @Override
  public String heartbeat() {
    return frame(event("ping"));
  }

  @Override
  public String whole() {
    return message.toString();
  }

  /** Begins a block unless one of this type is open. */
  private String open(String type, Supplier<ObjectNode> start) {
    if (block != null && block.get("type").textValue().equals(type)) {
      return "";
    }
    String closing = close();
    block = start.get();
    ObjectNode event = event("content_block_start").put("index", content.size());
    event.set("content_block", block);
    return closing + frame(event);
  }

  private String delta(String type, String field, String piece) {
    text.append(piece);
    ObjectNode event = event("content_block_delta").put("index", content.size());
    event.putObject("delta").put("type", type).put(field, piece);
    return frame(event);
  }

  /** Ends the block that is open, if one is. */
  private String close() {
    if (block == null) {
      return "";
    }
    ObjectNode event = event("content_block_stop").put("index", content.size());
    switch (block.get("type").textValue()) {
      case "tool_use" -> block.set("input", object(text.toString()));
      case String type -> block.put(type, text.toString());
    }
    content.add(block);
    block = null;
    text.setLength(0);
    return frame(event);
  }

  /** A call's arguments; an answer that was cut inside them leaves an empty object. */
  private static JsonNode object(String arguments) {
    try {
      JsonNode read = JSON.readTree(arguments);
      return read.isObject() ? read : NODES.objectNode();
    } catch (JsonProcessingException cut) {
      return NODES.objectNode();
    }
  }

  /** This API counts prompt tokens found in the cache apart from the others. */
  private static ObjectNode usage(int prompt, int cached, int output) {
    return NODES
        .objectNode()
        .put("input_tokens", prompt - cached)
        .put("cache_creation_input_tokens", 0)
        .put("cache_read_input_tokens", cached)
        .put("output_tokens", output);
  }

  private static ObjectNode event(String type) {
    return NODES.objectNode().put("type", type);
  }

  private static String frame(ObjectNode event) {
    return "event: " + event.get("type").textValue() + "\ndata: " + event + "\n\n";
  }
}
