package io.slinfer.http.responses;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.slinfer.gateway.GenerationListener.Usage;
import io.slinfer.gateway.TokenText;
import io.slinfer.http.AnswerWriter;
import io.slinfer.http.ChatDialect.Heading;
import io.slinfer.http.ErrorAnswer;
import io.slinfer.http.Logprobs;
import io.slinfer.request.FinishReason;
import io.slinfer.toolcall.ToolCallEvent;
import java.util.List;
import java.util.function.Supplier;

/** Writes one response: output items one after the other, as numbered typed events or whole. */
final class ResponsesWriter implements AnswerWriter {

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final ResponseObject response;
  private final ArrayNode output;

  /** The item that is open; null if none is. */
  private OutputItem item;

  /** Tokens to be told with the next piece. */
  private ArrayNode untold = NODES.arrayNode();

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
  public void tokens(List<TokenText> tokens) {
    untold.addAll(Logprobs.nodes(tokens));
  }

  @Override
  public String text(String piece) {
    return open(OutputItem.Message.class, OutputItem.Message::new) + delta(piece);
  }

  /** A piece of the open item, with the tokens that it is made of. */
  private String delta(String piece) {
    ArrayNode tokens = untold;
    untold = NODES.arrayNode();
    return frames(item.delta(piece, tokens));
  }

  @Override
  public String reasoning(String piece) {
    return open(OutputItem.Reasoning.class, OutputItem.Reasoning::new) + delta(piece);
  }

  @Override
  public String call(ToolCallEvent part) {
    return switch (part) {
      case ToolCallEvent.CallStarted started ->
          close("completed")
              + open(
                  OutputItem.Call.class, () -> new OutputItem.Call(started.id(), started.name()));
      case ToolCallEvent.ArgumentsDelta arguments -> delta(arguments.fragment());
      case ToolCallEvent.CallEnded ended -> close(ended.complete() ? "completed" : "incomplete");
      case ToolCallEvent.Text plain -> text(plain.text());
    };
  }

  @Override
  public String ended(FinishReason reason, String stopText, Usage usage) {
    boolean complete =
        switch (reason) {
          case STOP, TOOL_CALLS -> true;
          case LENGTH -> false;
          case CANCELLED, FAILED -> throw new IllegalStateException(reason + " is told to nobody");
        };
    String frames = close(complete ? "completed" : "incomplete");
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

  /** Begins an item unless one of this kind is open. */
  private String open(Class<? extends OutputItem> kind, Supplier<OutputItem> start) {
    if (kind.isInstance(item)) {
      return "";
    }
    String closing = close("completed");
    item = start.get();
    ObjectNode added = event("response.output_item.added").put("output_index", output.size());
    added.set("item", item.json("in_progress"));
    return closing + frame(added) + frames(item.opened());
  }

  /** Ends the item that is open, if one is. */
  private String close(String status) {
    if (item == null) {
      return "";
    }
    String frames = frames(item.closed());
    ObjectNode done = event("response.output_item.done").put("output_index", output.size());
    ObjectNode json = item.json(status);
    done.set("item", json);
    frames += frame(done);
    output.add(json);
    item = null;
    return frames;
  }

  /** Frames of events about the item that is open. */
  private String frames(List<ObjectNode> events) {
    StringBuilder frames = new StringBuilder();
    for (ObjectNode event : events) {
      frames.append(frame(event.put("output_index", output.size())));
    }
    return frames.toString();
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
