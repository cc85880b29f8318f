package io.slinfer.http;

import io.slinfer.gateway.TokenText;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Tokens with their probabilities as JSON, as text completions have them. Confined to its user. */
final class TextLogprobs {

  private final StringBuilder texts = new StringBuilder();
  private final StringBuilder numbers = new StringBuilder();
  private final StringBuilder tops = new StringBuilder();
  private final StringBuilder offsets = new StringBuilder();

  /**
   * Appends tokens.
   *
   * @param textOffset where the first of them begins in the text
   */
  TextLogprobs add(List<TokenText> tokens, int textOffset) {
    int offset = textOffset;
    for (TokenText token : tokens) {
      if (!texts.isEmpty()) {
        texts.append(',');
        numbers.append(',');
        tops.append(',');
        offsets.append(',');
      }
      AnswerFormat.appendQuoted(texts, token.text());
      offsets.append(offset);
      offset += token.text().length();
      if (Float.isNaN(token.logProbability())) {
        numbers.append("null");
        tops.append("null");
      } else {
        numbers.append(Logprobs.number(token.logProbability()));
        appendTop(token);
      }
    }
    return this;
  }

  /** The object of a choice. */
  String json() {
    return "{\"tokens\":["
        + texts
        + "],\"token_logprobs\":["
        + numbers
        + "],\"top_logprobs\":["
        + tops
        + "],\"text_offset\":["
        + offsets
        + "]}";
  }

  /** The likeliest tokens and the one that is there, each text once. */
  private void appendTop(TokenText token) {
    Set<String> seen = new HashSet<>();
    tops.append('{');
    for (TokenText likely : token.likeliest()) {
      appendPair(likely, seen);
    }
    appendPair(token, seen);
    tops.append('}');
  }

  private void appendPair(TokenText token, Set<String> seen) {
    String text = token.text();
    if (seen.add(text)) {
      tops.append(seen.size() == 1 ? "" : ",");
      AnswerFormat.appendQuoted(tops, text);
      tops.append(':').append(Logprobs.number(token.logProbability()));
    }
  }
}
