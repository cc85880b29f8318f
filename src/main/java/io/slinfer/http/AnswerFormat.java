package io.slinfer.http;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.slinfer.gateway.GenerationListener.Usage;
import io.slinfer.gateway.TokenText;
import io.slinfer.request.FinishReason;
import io.slinfer.toolcall.ToolCallEvent;
import java.util.List;

/**
 * The JSON of one answer's objects: whole, or as the chunks of a stream. What repeats from chunk to
 * chunk is made once. Confined to its answer.
 */
interface AnswerFormat {

  /** The chunk that opens a choice, or null if this kind of answer has none. */
  String opening(int choice);

  /**
   * The chunk of a piece of text.
   *
   * @param logprobs its tokens, as {@link #logprobs} writes them
   */
  String text(int choice, String text, String logprobs);

  /** The chunk of a piece of reasoning; else as {@link #text}. */
  String reasoning(int choice, String text, String logprobs);

  /** The chunk of a part of a call of a tool; null if nothing is to be sent. */
  String call(int choice, ToolCallEvent part);

  /**
   * The JSON of tokens with their probabilities; null as JSON if there are none.
   *
   * @param prompt those of the echoed prompt, which stand before them; empty if not asked for
   * @param textOffset where the first of {@code tokens} begins in the choice's text, in characters
   */
  String logprobs(List<TokenText> prompt, List<TokenText> tokens, int textOffset);

  /** The chunk that ends a choice. */
  String end(int choice, FinishReason reason);

  /** The chunk that tells what the stream has used. */
  String usage(Usage usage);

  /** The whole answer. */
  String whole(List<Choice> choices, Usage usage);

  /**
   * One finished choice.
   *
   * @param reasoning empty if there is none, or it is not told apart
   * @param calls the calls of tools, in order
   * @param logprobs its tokens as JSON, as {@link #logprobs} writes them
   */
  record Choice(
      String text, String reasoning, List<Call> calls, String logprobs, FinishReason reason) {}

  /**
   * One call of a tool.
   *
   * @param arguments JSON text; cut off if the answer was
   */
  record Call(String id, String name, String arguments) {}

  /**
   * What all objects of an answer have in common.
   *
   * @param id the answer's id, such as {@code chatcmpl-...}
   * @param fingerprint {@code system_fingerprint}
   * @param includeUsage a stream ends with its usage, so that every other chunk has a null there
   */
  record Envelope(
      String id, long createdSeconds, String model, String fingerprint, boolean includeUsage) {

    /** The start of an object, up to the list of choices. */
    String head(String object) {
      return "{\"id\":"
          + quoted(id)
          + ",\"object\":\""
          + object
          + "\",\"created\":"
          + createdSeconds
          + ",\"model\":"
          + quoted(model)
          + ",\"system_fingerprint\":"
          + quoted(fingerprint)
          + ",\"choices\":[";
    }

    /** The end of a chunk, after the choices. */
    String chunkTail() {
      return includeUsage ? "],\"usage\":null}" : "]}";
    }
  }

  /** A JSON string. */
  static String quoted(String text) {
    StringBuilder json = new StringBuilder(text.length() + 16);
    appendQuoted(json, text);
    return json.toString();
  }

  /** Appends a JSON string. */
  static void appendQuoted(StringBuilder json, String text) {
    json.append('"');
    JsonStringEncoder.getInstance().quoteAsString(text, json);
    json.append('"');
  }

  /** A finish reason as callers know it. */
  static String word(FinishReason reason) {
    return switch (reason) {
      case STOP -> "stop";
      case LENGTH -> "length";
      case TOOL_CALLS -> "tool_calls";
      case CANCELLED, FAILED -> throw new IllegalStateException(reason + " is told to nobody");
    };
  }

  /** A usage object. */
  static String json(Usage usage) {
    return "{\"prompt_tokens\":"
        + usage.promptTokens()
        + ",\"completion_tokens\":"
        + usage.outputTokens()
        + ",\"total_tokens\":"
        + (usage.promptTokens() + usage.outputTokens())
        + ",\"prompt_tokens_details\":{\"cached_tokens\":"
        + usage.cachedTokens()
        + "},\"completion_tokens_details\":{\"reasoning_tokens\":"
        + usage.reasoningTokens()
        + "}}";
  }
}
