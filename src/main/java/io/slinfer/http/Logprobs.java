package io.slinfer.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.slinfer.gateway.TokenText;
import java.util.List;

/** Tokens with their probabilities as JSON, as chat completions have them. */
public final class Logprobs {

  /** What stands for the logarithm of 0, which JSON cannot write. */
  private static final float LEAST = -9_999;

  private Logprobs() {}

  /** The list of tokens as a tree. */
  public static ArrayNode nodes(List<TokenText> tokens) {
    ArrayNode nodes = JsonNodeFactory.instance.arrayNode();
    for (TokenText token : tokens) {
      ArrayNode likeliest = token(nodes, token).putArray("top_logprobs");
      token.likeliest().forEach(likely -> token(likeliest, likely));
    }
    return nodes;
  }

  private static ObjectNode token(ArrayNode nodes, TokenText token) {
    ObjectNode node = nodes.addObject().put("token", token.text());
    node.put("logprob", number(token.logProbability()));
    ArrayNode bytes = node.putArray("bytes");
    for (byte one : token.bytes()) {
      bytes.add(one & 0xFF);
    }
    return node;
  }

  /** The object of a choice. */
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

  /** What JSON can write of a logarithm. */
  static float number(float logProbability) {
    return Math.max(LEAST, logProbability);
  }
}
