package io.slinfer.http;

import io.slinfer.gateway.TokenText;
import java.util.HashSet;
import java.util.HexFormat;
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
    CharacterCount before = new CharacterCount();
    for (TokenText token : tokens) {
      if (!texts.isEmpty()) {
        texts.append(',');
        numbers.append(',');
        tops.append(',');
        offsets.append(',');
      }
      AnswerFormat.appendQuoted(texts, name(token));
      offsets.append(textOffset + before.whole());
      before.add(token.bytes());
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

  /** A token's text, or its bytes if they are none by themselves. */
  private static String name(TokenText token) {
    return token.isText()
        ? token.text()
        : "bytes:\\x" + HexFormat.ofDelimiter("\\x").formatHex(token.bytes());
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
    String text = name(token);
    if (seen.add(text)) {
      tops.append(seen.size() == 1 ? "" : ",");
      AnswerFormat.appendQuoted(tops, text);
      tops.append(':').append(Logprobs.number(token.logProbability()));
    }
  }
}
