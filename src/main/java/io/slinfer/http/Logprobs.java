package io.slinfer.http;

import io.slinfer.gateway.TokenText;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Tokens with their probabilities as JSON, in the two shapes of the API. */
final class Logprobs {

  /** What stands for the logarithm of 0, which JSON cannot write. */
  private static final float LEAST = -9_999;

  private Logprobs() {}

  /** As chat completions have them. */
  static String chat(List<TokenText> tokens) {
    StringBuilder json = new StringBuilder("{\"content\":[");
    for (int i = 0; i < tokens.size(); i++) {
      json.append(i == 0 ? "" : ",");
      TokenText token = tokens.get(i);
      appendToken(json, token);
      json.append(",\"top_logprobs\":[");
      for (int j = 0; j < token.likeliest().size(); j++) {
        json.append(j == 0 ? "" : ",");
        appendToken(json, token.likeliest().get(j));
        json.append('}');
      }
      json.append("]}");
    }
    return json.append("],\"refusal\":null}").toString();
  }

  /** All but the closing brace. */
  private static void appendToken(StringBuilder json, TokenText token) {
    json.append("{\"token\":");
    AnswerFormat.appendQuoted(json, token.text());
    json.append(",\"logprob\":").append(number(token.logProbability())).append(",\"bytes\":[");
    for (int i = 0; i < token.bytes().length; i++) {
      json.append(i == 0 ? "" : ",").append(token.bytes()[i] & 0xFF);
    }
    json.append(']');
  }

  /**
   * As text completions have them.
   *
   * @param textOffset where the first token begins in the text
   */
  static String text(List<TokenText> tokens, int textOffset) {
    StringBuilder texts = new StringBuilder();
    StringBuilder numbers = new StringBuilder();
    StringBuilder tops = new StringBuilder();
    StringBuilder offsets = new StringBuilder();
    int offset = textOffset;
    for (TokenText token : tokens) {
      if (!texts.isEmpty()) {
        texts.append(',');
        numbers.append(',');
        tops.append(',');
        offsets.append(',');
      }
      AnswerFormat.appendQuoted(texts, token.text());
      numbers.append(number(token.logProbability()));
      appendTop(tops, token);
      offsets.append(offset);
      offset += token.text().length();
    }
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

  /** The likeliest tokens and the one drawn, each text once. */
  private static void appendTop(StringBuilder json, TokenText token) {
    Set<String> seen = new HashSet<>();
    json.append('{');
    for (TokenText likely : token.likeliest()) {
      appendPair(json, likely, seen);
    }
    appendPair(json, token, seen);
    json.append('}');
  }

  private static void appendPair(StringBuilder json, TokenText token, Set<String> seen) {
    String text = token.text();
    if (seen.add(text)) {
      json.append(seen.size() == 1 ? "" : ",");
      AnswerFormat.appendQuoted(json, text);
      json.append(':').append(number(token.logProbability()));
    }
  }

  private static float number(float logProbability) {
    return Math.max(LEAST, logProbability);
  }
}
