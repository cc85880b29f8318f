package io.slinfer.http.responses;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.slinfer.gateway.GenerationListener.Usage;
import io.slinfer.http.AnswerWriter;
import io.slinfer.http.ChatDialect.Heading;
import io.slinfer.http.ErrorAnswer;
import io.slinfer.http.Ids;
import io.slinfer.request.FinishReason;

/** Writes one response: output items one after the other, as numbered typed events or whole. */
final class ResponsesWriter implements AnswerWriter {

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final ResponseObject response;
  private final ArrayNode output;
  private final StringBuilder text = new StringBuilder();
  private String messageId;
  private int sequence;

  ResponsesWriter(JsonNode request, Heading heading) {
    response = new ResponseObject(request, heading);
    output = response.output();
  }

  @Override
  public String opened(int promptTokens, int cachedTokens) {
    return whole("response.created") + whole("response.in_progress");
  }

  @Override
  public String text(String piece) {
    String opening = "";
    if (messageId == null) {
      messageId = Ids.next("msg_");
      text.setLength(0);
      ObjectNode added = event("response.output_item.added").put("output_index", output.size());
      added.set("item", message("in_progress", false));
      ObjectNode part = part("response.content_part.added");
      part.set("part", outputText(""));
      opening = frame(added) + frame(part);
    }
    text.append(piece);
    ObjectNode delta = part("response.output_text.delta").put("delta", piece);
    delta.putArray("logprobs");
    return opening + frame(delta);
  }

  @Override
  public String ended(FinishReason reason, String stopText, Usage usage) {
    boolean complete =
        switch (reason) {
          case STOP, TOOL_CALLS -> true;
          case LENGTH -> false;
          case CANCELLED, FAILED -> throw new IllegalStateException(reason + " is told to nobody");
        };
    String frames = closeMessage(complete ? "completed" : "incomplete");
    response.ended(complete, usage);
    return frames + whole(complete ? "response.completed" : "response.incomplete");
  }

  /** The failed response, then an error that every client raises. */
  @Override
  public String failed(ErrorAnswer error) {
    response.failed(error);
    ObjectNode details = NODES.objectNode();
    details
        .put("message", error.message())
        .put("type", error.type())
        .put("param", error.param())
        .put("code", error.code());
    String failed = whole("response.failed");
    ObjectNode event = event("error");
    event
        .put("code", error.code())
        .put("message", error.message())
        .put("param", error.param())
        .set("error", details);
    return failed + frame(event);
  }

  @Override
  public String heartbeat() {
    return ": waiting\n\n";
  }

  @Override
  public String whole() {
    return response.json().toString();
  }

  private String closeMessage(String status) {
    if (messageId == null) {
      return "";
    }
    ObjectNode textDone = part("response.output_text.done").put("text", text.toString());
    textDone.putArray("logprobs");
    ObjectNode partDone = part("response.content_part.done");
    partDone.set("part", outputText(text.toString()));
    ObjectNode itemDone = event("response.output_item.done").put("output_index", output.size());
    ObjectNode item = message(status, true);
    itemDone.set("item", item);
    String frames = frame(textDone) + frame(partDone) + frame(itemDone);
    output.add(item);
    messageId = null;
    return frames;
  }

  private ObjectNode message(String status, boolean withText) {
    ObjectNode item = NODES.objectNode().put("id", messageId).put("type", "message");
    item.put("status", status).put("role", "assistant");
    ArrayNode content = item.putArray("content");
    if (withText) {
      content.add(outputText(text.toString()));
    }
    return item;
  }

  private static ObjectNode outputText(String text) {
    ObjectNode part = NODES.objectNode().put("type", "output_text").put("text", text);
    part.putArray("annotations");
    part.putArray("logprobs");
    return part;
  }

  /** An event about the only content part of the message that is open. */
  private ObjectNode part(String type) {
    return event(type)
        .put("item_id", messageId)
        .put("output_index", output.size())
        .put("content_index", 0);
  }

  private String whole(String type) {
    ObjectNode event = event(type);
    event.set("response", response.json());
    return frame(event);
  }

  private static ObjectNode event(String type) {
    return NODES.objectNode().put("type", type);
  }

  private String frame(ObjectNode event) {
    event.put("sequence_number", sequence++);
    return "event: " + event.get("type").textValue() + "\ndata: " + event + "\n\n";
  }
}
