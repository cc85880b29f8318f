package io.slinfer.http.ollama;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.slinfer.gateway.GenerationListener.Usage;
import io.slinfer.http.AnswerWriter;
import io.slinfer.http.ChatDialect.Heading;
import io.slinfer.http.ErrorAnswer;
import io.slinfer.request.FinishReason;
import java.time.Instant;

/** Writes one answer as JSON lines, the last of them with counts and times, or whole. */
final class LinesWriter implements AnswerWriter {

  private final String model;
  private final Heading heading;
  private final LinesDialect.Kind kind;
  private final boolean loads;
  private final StringBuilder text = new StringBuilder();
  private long startedNanos;
  private long firstNanos;
  private ObjectNode last;

  /**
   * @param model as the caller named it
   * @param loads the call only loads the model: its text is nobody's
   */
  LinesWriter(String model, Heading heading, LinesDialect.Kind kind, boolean loads) {
    this.model = model;
    this.heading = heading;
    this.kind = kind;
    this.loads = loads;
    this.startedNanos = heading.arrivalNanos();
  }

  @Override
  public void started() {
    startedNanos = System.nanoTime();
  }

  @Override
  public String opened(int promptTokens, int cachedTokens) {
    firstNanos = System.nanoTime();
    return "";
  }

  @Override
  public String text(String piece) {
    if (loads) {
      return "";
    }
    text.append(piece);
    return line(content(piece).put("done", false));
  }

  @Override
  public String ended(FinishReason reason, String stopText, Usage usage) {
    String word =
        switch (reason) {
          case STOP, TOOL_CALLS -> "stop";
          case LENGTH -> "length";
          case CANCELLED, FAILED -> throw new IllegalStateException(reason + " is told to nobody");
        };
    long nowNanos = System.nanoTime();
    last = content("").put("done", true).put("done_reason", loads ? "load" : word);
    last.put("total_duration", nowNanos - heading.arrivalNanos());
    last.put("load_duration", startedNanos - heading.arrivalNanos());
    if (!loads) {
      last.put("prompt_eval_count", usage.promptTokens())
          .put("prompt_eval_duration", firstNanos - startedNanos)
          .put("eval_count", usage.outputTokens())
          .put("eval_duration", nowNanos - firstNanos);
    }
    return line(last);
  }

  @Override
  public String failed(ErrorAnswer error) {
    return OllamaSurface.error(error) + "\n";
  }

  /** A line with no text: this API knows no comments. */
  @Override
  public String heartbeat() {
    return line(content("").put("done", false));
  }

  @Override
  public String whole() {
    if (kind == LinesDialect.Kind.CHAT) {
      last.withObject("/message").put("content", text.toString());
    } else {
      last.put("response", text.toString());
    }
    return last.toString();
  }

  private ObjectNode content(String piece) {
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("model", model).put("created_at", Instant.now().toString());
    if (kind == LinesDialect.Kind.CHAT) {
      line.putObject("message").put("role", "assistant").put("content", piece);
    } else {
      line.put("response", piece);
    }
    return line;
  }

  private static String line(ObjectNode line) {
    return line + "\n";
  }
}
