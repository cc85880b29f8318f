package io.slinfer.http.responses;

import com.fasterxml.jackson.databind.JsonNode;
import io.slinfer.http.AnswerWriter;
import io.slinfer.http.ChatDialect;
import io.slinfer.http.ChatRequests;
import io.slinfer.http.ErrorAnswer;
import io.slinfer.http.GenerationCall;

/** POST /v1/responses. */
final class ResponsesDialect implements ChatDialect {

  @Override
  public String idPrefix() {
    return "resp_";
  }

  @Override
  public GenerationCall read(JsonNode body) {
    return ChatRequests.read(ResponsesRequest.toChat(body), ResponsesRequest.SENT_AS);
  }

  @Override
  public String streamType() {
    return "text/event-stream; charset=utf-8";
  }

  @Override
  public AnswerWriter writer(JsonNode body, Heading heading) {
    return new ResponsesWriter(body, heading);
  }

  @Override
  public String error(ErrorAnswer error) {
    return error.json();
  }
}
