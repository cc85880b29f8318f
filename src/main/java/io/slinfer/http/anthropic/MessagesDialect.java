package io.slinfer.http.anthropic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.slinfer.http.AnswerWriter;
import io.slinfer.http.ChatDialect;
import io.slinfer.http.ChatRequests;
import io.slinfer.http.ErrorAnswer;
import io.slinfer.http.GenerationCall;

/** POST /v1/messages. */
final class MessagesDialect implements ChatDialect {

  @Override
  public String idPrefix() {
    return "msg_";
  }

  @Override
  public GenerationCall read(JsonNode body) {
    return ChatRequests.read(MessagesRequest.toChat(body, false), OutputFormat.sentAs(body));
  }

  @Override
  public String streamType() {
    return "text/event-stream; charset=utf-8";
  }

  @Override
  public AnswerWriter writer(JsonNode body, Heading heading) {
    return new MessagesWriter(heading);
  }

  @Override
  public String error(ErrorAnswer error) {
    return errorBody(error);
  }

  static String errorBody(ErrorAnswer error) {
    String type =
        switch (error.status()) {
          case 401 -> "authentication_error";
          case 403 -> "permission_error";
          case 404 -> "not_found_error";
          case 413 -> "request_too_large";
          case 429 -> "rate_limit_error";
          case 503 -> "overloaded_error";
          default -> error.status() < 500 ? "invalid_request_error" : "api_error";
        };
    ObjectNode body = JsonNodeFactory.instance.objectNode().put("type", "error");
    body.putObject("error").put("type", type).put("message", error.message());
    return body.toString();
  }
}
