package io.slinfer.http.anthropic;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.slinfer.gateway.GenerationListener.Usage;
import io.slinfer.http.AnswerWriter;
import io.slinfer.http.ChatDialect.Heading;
import io.slinfer.http.ErrorAnswer;
import io.slinfer.request.FinishReason;

/** Writes one message: content blocks one after the other, as typed events or whole. */
final class MessagesWriter implements AnswerWriter {

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final ObjectNode message = NODES.objectNode();
  private final ArrayNode content = NODES.arrayNode();
  private final StringBuilder text = new StringBuilder();
  private boolean blockOpen;

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
    String opening = "";
    if (!blockOpen) {
      blockOpen = true;
      ObjectNode event = event("content_block_start").put("index", content.size());
      event.putObject("content_block").put("type", "text").put("text", "");
      opening = frame(event);
    }
    text.append(piece);
    ObjectNode event = event("content_block_delta").put("index", content.size());
    event.putObject("delta").put("type", "text_delta").put("text", piece);
    return opening + frame(event);
  }

  @Override
  public String ended(FinishReason reason, String stopText, Usage used) {
    String frames = closeBlock();
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

  /** Ends the block that is open, if one is. */
  private String closeBlock() {
    if (!blockOpen) {
      return "";
    }
    blockOpen = false;
    ObjectNode event = event("content_block_stop").put("index", content.size());
    content.addObject().put("type", "text").put("text", text.toString());
    text.setLength(0);
    return frame(event);
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
