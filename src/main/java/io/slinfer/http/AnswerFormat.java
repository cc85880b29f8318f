package io.slinfer.http;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.slinfer.gateway.GenerationListener.Usage;
import io.slinfer.request.FinishReason;
import java.util.List;

/**
 * The JSON of one answer's objects: whole, or as the chunks of a stream. What repeats from chunk to
 * chunk is made once. Confined to its answer.
 */
interface AnswerFormat {

  /** The chunk that opens a choice, or null if this kind of answer has none. */
  String opening(int choice);

  /** The chunk of a piece of text. */
  String text(int choice, String text);

  /** The chunk that ends a choice. */
  String end(int choice, FinishReason reason);

  /** The chunk that tells what the stream has used. */
  String usage(Usage usage);

  /** The whole answer. */
  String whole(List<Choice> choices, Usage usage);

  /** One finished choice. */
  record Choice(String text, FinishReason reason) {}

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
        + "},\"completion_tokens_details\":{\"reasoning_tokens\":0}}";
  }
}
