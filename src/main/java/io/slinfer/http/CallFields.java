package io.slinfer.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.slinfer.http.GenerationCall.Limits;
import io.slinfer.request.LogitChanges;
import io.slinfer.request.Sampling;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/** Reads the fields that chat and text completions share. */
final class CallFields {

  private static final int MAX_STOPS = 4;

  /** What other APIs call their stop texts, of which they allow more. */
  private static final String MANY_STOPS = "stop_sequences";

  private static final int MAX_MANY_STOPS = 64;
  private static final int MAX_BIASES = 4_096;
  private static final double LEAST_REPETITION = 0.01;

  /** The most likely tokens that are told with each one drawn. */
  static final int MAX_LIKELIEST = 20;

  private CallFields() {}

  /**
   * @param maxOutputTokens 0 means as many as the context has room for
   * @param likeliest how many likely tokens are told with each one drawn
   */
  static Limits limits(Fields fields, int maxOutputTokens, int likeliest) {
    int topK = fields.integer("top_k", 0, -1, Integer.MAX_VALUE);
    Long seed = fields.longInteger("seed");
    Sampling sampling =
        new Sampling(
            fields.number("temperature", 1, 0, 2),
            Math.max(0, topK),
            Math.max(Double.MIN_NORMAL, fields.number("top_p", 1, 0, 1)),
            fields.number("min_p", 0, 0, 1),
            seed == null ? ThreadLocalRandom.current().nextLong() : seed,
            changes(fields),
            likeliest,
            null);
    return new Limits(maxOutputTokens, sampling, stops(fields), fields.flag("ignore_eos", false));
  }

  private static LogitChanges changes(Fields fields) {
    return new LogitChanges(
        fields.number("repetition_penalty", 1, LEAST_REPETITION, 10),
        fields.number("presence_penalty", 0, -2, 2),
        fields.number("frequency_penalty", 0, -2, 2),
        bias(fields));
  }

  private static Map<Integer, Double> bias(Fields fields) {
    Fields object = fields.object("logit_bias");
    if (object == null) {
      return Map.of();
    }
    JsonNode all = fields.get("logit_bias");
    if (all.size() > MAX_BIASES) {
      throw new BadRequest(
          "`logit_bias` has " + all.size() + " tokens; allowed: up to " + MAX_BIASES + ".",
          "logit_bias");
    }
    Map<Integer, Double> bias = new HashMap<>();
    for (String token : (Iterable<String>) all::fieldNames) {
      if (!token.matches("[0-9]{1,9}")) {
        throw fields.bad("logit_bias", "an object of token ids with numbers from -100 to 100");
      }
      bias.put(Integer.valueOf(token), object.number(token, 0, -100, 100));
    }
    return bias;
  }

  /** Whether a stream is asked to end with its usage. */
  static boolean includeUsage(Fields fields, boolean stream) {
    Fields options = fields.object("stream_options");
    if (options == null) {
      return false;
    }
    if (!stream) {
      throw new BadRequest(
          "`stream_options` is only allowed when `stream` is true.", "stream_options");
    }
    return options.flag("include_usage", false);
  }

  static String user(Fields fields) {
    String user = fields.text("user");
    return user == null ? "" : user;
  }

  private static List<String> stops(Fields fields) {
    JsonNode value = fields.get(MANY_STOPS);
    return value == null
        ? stops(fields, "stop", MAX_STOPS)
        : stops(fields, MANY_STOPS, MAX_MANY_STOPS);
  }

  private static List<String> stops(Fields fields, String field, int most) {
    JsonNode value = fields.get(field);
    if (value == null) {
      return List.of();
    }
    List<String> stops = new ArrayList<>();
    if (value.isTextual()) {
      stops.add(value.textValue());
    } else if (value.isArray()) {
      value.forEach(stop -> stops.add(stop.isTextual() ? stop.textValue() : ""));
    }
    boolean empty = !value.isArray() && stops.isEmpty();
    if (empty || stops.size() > most || stops.contains("")) {
      throw fields.bad(field, "a string or up to " + most + " strings, none of them empty");
    }
    return stops;
  }
}
