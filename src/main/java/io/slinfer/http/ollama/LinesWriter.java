package io.slinfer.http.ollama;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
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
import java.time.Instant;
import java.util.List;

/** Writes one answer as JSON lines, the last of them with counts and times, or whole. */
final class LinesWriter implements AnswerWriter {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final String model;
  private final Heading heading;
  private final LinesDialect.Kind kind;
  private final boolean loads;
  private final StringBuilder text = new StringBuilder();
  private final StringBuilder thinking = new StringBuilder();
  private final ArrayNode calls = JsonNodeFactory.instance.arrayNode();
  private final ArrayNode logprobs = JsonNodeFactory.instance.arrayNode();
  private final StringBuilder arguments = new StringBuilder();

  /** Tokens to be told with the next line. */
  private ArrayNode untold = JsonNodeFactory.instance.arrayNode();

  private String callName;
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
  public void tokens(List<TokenText> tokens) {
    if (!loads) {
      ArrayNode nodes = Logprobs.nodes(tokens);
      untold.addAll(nodes);
      logprobs.addAll(nodes);
    }
  }

  /** The line with the tokens that it is made of, where they are asked for. */
  private ObjectNode told(ObjectNode line) {
    if (!untold.isEmpty()) {
      line.set("logprobs", untold);
      untold = JsonNodeFactory.instance.arrayNode();
    }
    return line;
  }

  @Override
  public String text(String piece) {
    if (loads) {
      return "";
    }
    text.append(piece);
    return line(told(content(piece)).put("done", false));
  }

  @Override
  public String reasoning(String piece) {
    thinking.append(piece);
    ObjectNode line = content("");
    if (kind == LinesDialect.Kind.CHAT) {
      line.withObject("/message").put("thinking", piece);
    } else {
      line.put("thinking", piece);
    }
    return line(told(line).put("done", false));
  }

  /** This API tells a call once it is whole, with its arguments as an object. */
  @Override
  public String call(ToolCallEvent part) {
    switch (part) {
      case ToolCallEvent.CallStarted started -> {
        callName = started.name();
        arguments.setLength(0);
      }
      case ToolCallEvent.ArgumentsDelta delta -> arguments.append(delta.fragment());
      case ToolCallEvent.CallEnded ended -> {
        return ended.complete() ? wholeCall() : "";
      }
      case ToolCallEvent.Text plain -> {
        return text(plain.text());
      }
    }
    return "";
  }

  private String wholeCall() {
    ObjectNode call = JsonNodeFactory.instance.objectNode();
    ObjectNode function = call.putObject("function").put("name", callName);
    try {
      function.set("arguments", JSON.readTree(arguments.toString()));
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException("a complete call whose arguments are no JSON", impossible);
    }
    calls.add(call);
    ObjectNode line = content("");
    line.withObject("/message").putArray("tool_calls").add(call);
    return line(line.put("done", false));
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
    last = told(content("")).put("done", true).put("done_reason", loads ? "load" : word);
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
      ObjectNode message = last.withObject("/message").put("content", text.toString());
      if (!thinking.isEmpty()) {
        message.put("thinking", thinking.toString());
      }
      if (!calls.isEmpty()) {
        message.set("tool_calls", calls);
      }
    } else {
      last.put("response", text.toString());
      if (!thinking.isEmpty()) {
        last.put("thinking", thinking.toString());
      }
    }
    if (!logprobs.isEmpty()) {
      last.set("logprobs", logprobs);
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
