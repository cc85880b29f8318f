package io.slinfer.http.ollama;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.slinfer.http.AnswerWriter;
import io.slinfer.http.ChatDialect;
import io.slinfer.http.ChatRequests;
import io.slinfer.http.ErrorAnswer;
import io.slinfer.http.GenerationCall;
import io.slinfer.http.TextRequests;

/** POST /api/chat and /api/generate: streams of JSON lines, unless a whole answer is wanted. */
final class LinesDialect implements ChatDialect {

  /** Which of the two. */
  enum Kind {
    CHAT,
    GENERATE
  }

  private final ModelNames names;
  private final Kind kind;

  LinesDialect(ModelNames names, Kind kind) {
    this.names = names;
    this.kind = kind;
  }

  @Override
  public String idPrefix() {
    return "ollama-";
  }

  @Override
  public GenerationCall read(JsonNode body) {
    LinesRequest request = new LinesRequest(body, names);
    if (request.onlyLoads(kind)) {
      return TextRequests.read(request.toLoad());
    }
    if (kind == Kind.CHAT) {
      return ChatRequests.read(request.chatToChat());
    }
    ObjectNode text = request.generateToText();
    return text == null ? ChatRequests.read(request.generateToChat()) : TextRequests.read(text);
  }

  @Override
  public String streamType() {
    return "application/x-ndjson";
  }

  @Override
  public AnswerWriter writer(JsonNode body, Heading heading) {
    boolean loads = new LinesRequest(body, names).onlyLoads(kind);
    return new LinesWriter(body.path("model").asText(), heading, kind, loads);
  }

  @Override
  public String error(ErrorAnswer error) {
    return OllamaSurface.error(error);
  }
}
