package io.slinfer.http.responses;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.slinfer.http.Ids;
import java.util.List;

/**
 * One item of a response's output while it is written, and the events that tell of it. Confined to
 * its writer.
 */
abstract sealed class OutputItem {

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final String id;
  private final StringBuilder text = new StringBuilder();

  private OutputItem(String id) {
    this.id = id;
  }

  /** Events after its beginning. */
  abstract List<ObjectNode> opened();

  /** The item is complete as far as it goes: events before its end. */
  abstract List<ObjectNode> closed();

  abstract ObjectNode deltaEvent(String piece, ArrayNode tokens);

  /** The item as it stands. */
  abstract ObjectNode json(String status);

  /**
   * The next piece of its text.
   *
   * @param tokens the tokens that it is made of, where asked for
   */
  List<ObjectNode> delta(String piece, ArrayNode tokens) {
    text.append(piece);
    return List.of(deltaEvent(piece, tokens));
  }

  final String text() {
    return text.toString();
  }

  final ObjectNode event(String type) {
    return NODES.objectNode().put("type", type).put("item_id", id);
  }

  final ObjectNode item(String type, String status) {
    return NODES.objectNode().put("id", id).put("type", type).put("status", status);
  }

  /** What the assistant says: one text part. */
  static final class Message extends OutputItem {

    private final ArrayNode logprobs = NODES.arrayNode();
    private boolean begun;

    Message() {
      super(Ids.next("msg_"));
    }

    @Override
    List<ObjectNode> opened() {
      ObjectNode added = partEvent("response.content_part.added");
      added.set("part", part());
      begun = true;
      return List.of(added);
    }

    @Override
    ObjectNode deltaEvent(String piece, ArrayNode tokens) {
      logprobs.addAll(tokens);
      ObjectNode delta = partEvent("response.output_text.delta").put("delta", piece);
      delta.set("logprobs", tokens);
      return delta;
    }

    @Override
    List<ObjectNode> closed() {
      ObjectNode textDone = partEvent("response.output_text.done").put("text", text());
      textDone.set("logprobs", logprobs);
      ObjectNode partDone = partEvent("response.content_part.done");
      partDone.set("part", part());
      return List.of(textDone, partDone);
    }

    @Override
    ObjectNode json(String status) {
      ObjectNode item = item("message", status).put("role", "assistant");
      item.putArray("content");
      if (begun) {
        item.withArray("/content").add(part());
      }
      return item;
    }

    private ObjectNode partEvent(String type) {
      return event(type).put("content_index", 0);
    }

    private ObjectNode part() {
      ObjectNode part = NODES.objectNode().put("type", "output_text").put("text", text());
      part.putArray("annotations");
      part.set("logprobs", logprobs);
      return part;
    }
  }

  /** What the model thinks before it speaks. */
  static final class Reasoning extends OutputItem {

    Reasoning() {
      super(Ids.next("rs_"));
    }

    @Override
    List<ObjectNode> opened() {
      return List.of();
    }

    @Override
    ObjectNode deltaEvent(String piece, ArrayNode tokens) {
      return event("response.reasoning_text.delta").put("content_index", 0).put("delta", piece);
    }

    @Override
    List<ObjectNode> closed() {
      return List.of(
          event("response.reasoning_text.done").put("content_index", 0).put("text", text()));
    }

    @Override
    ObjectNode json(String status) {
      ObjectNode item = item("reasoning", status);
      item.putArray("summary");
      item.putArray("content").addObject().put("type", "reasoning_text").put("text", text());
      return item;
    }
  }

  /** A call of a function; its text is the arguments. */
  static final class Call extends OutputItem {

    private final String callId;
    private final String name;

    Call(String callId, String name) {
      super(Ids.next("fc_"));
      this.callId = callId;
      this.name = name;
    }

    @Override
    List<ObjectNode> opened() {
      return List.of();
    }

    @Override
    ObjectNode deltaEvent(String piece, ArrayNode tokens) {
      return event("response.function_call_arguments.delta").put("delta", piece);
    }

    @Override
    List<ObjectNode> closed() {
      return List.of(
          event("response.function_call_arguments.done")
              .put("name", name)
              .put("arguments", text()));
    }

    @Override
    ObjectNode json(String status) {
      return item("function_call", status)
          .put("call_id", callId)
          .put("name", name)
          .put("arguments", text());
    }
  }
}
