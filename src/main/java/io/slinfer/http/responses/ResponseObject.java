package io.slinfer.http.responses;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.slinfer.gateway.GenerationListener.Usage;
import io.slinfer.http.ChatDialect.Heading;
import io.slinfer.http.ErrorAnswer;
import java.util.List;

/** The response object as it stands; it repeats what was asked for. Confined to its writer. */
final class ResponseObject {

  private static final List<String> REPEATED =
      List.of("instructions", "max_output_tokens", "parallel_tool_calls", "temperature", "top_p");

  private final ObjectNode json = JsonNodeFactory.instance.objectNode();
  private final ArrayNode output;

  ResponseObject(JsonNode request, Heading heading) {
    json.put("id", heading.id())
        .put("object", "response")
        .put("created_at", heading.createdMillis() / 1_000)
        .put("status", "in_progress")
        .put("background", false)
        .putNull("error")
        .putNull("incomplete_details")
        .put("model", heading.model());
    output = json.putArray("output");
    json.putNull("instructions")
        .putNull("max_output_tokens")
        .put("parallel_tool_calls", true)
        .put("temperature", 1.0)
        .put("top_p", 1.0);
    for (String field : REPEATED) {
      if (request.hasNonNull(field)) {
        json.set(field, request.get(field));
      }
    }
    json.putNull("previous_response_id");
    ObjectNode reasoning = json.putObject("reasoning");
    reasoning.set("effort", request.path("reasoning").get("effort"));
    reasoning.putNull("summary");
    json.put("service_tier", "default").put("store", false);
    JsonNode format = request.path("text").get("format");
    ObjectNode text = json.putObject("text");
    if (format == null || format.isNull()) {
      text.putObject("format").put("type", "text");
    } else {
      text.set("format", format);
    }
    json.set("tools", request.path("tools").isArray() ? request.get("tools") : json.arrayNode());
    json.put("tool_choice", "auto");
    if (request.hasNonNull("tool_choice")) {
      json.set("tool_choice", request.get("tool_choice"));
    }
    json.put("truncation", "disabled").putNull("usage").putNull("user");
    JsonNode metadata = request.path("metadata");
    json.set("metadata", metadata.isObject() ? metadata : json.objectNode());
  }

  ObjectNode json() {
    return json;
  }

  /** The finished output items. */
  ArrayNode output() {
    return output;
  }

  void ended(boolean complete, Usage usage) {
    json.put("status", complete ? "completed" : "incomplete");
    if (!complete) {
      json.putObject("incomplete_details").put("reason", "max_output_tokens");
    }
    ObjectNode used = json.putObject("usage").put("input_tokens", usage.promptTokens());
    used.putObject("input_tokens_details").put("cached_tokens", usage.cachedTokens());
    used.put("output_tokens", usage.outputTokens());
    used.putObject("output_tokens_details").put("reasoning_tokens", usage.reasoningTokens());
    used.put("total_tokens", usage.promptTokens() + usage.outputTokens());
  }

  void failed(ErrorAnswer error) {
    json.put("status", "failed");
    json.putObject("error")
        .put("code", error.code() == null ? "server_error" : error.code())
        .put("message", error.message());
  }
}
