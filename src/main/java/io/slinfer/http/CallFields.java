package io.slinfer.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.slinfer.http.GenerationCall.Limits;
import io.slinfer.request.Sampling;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** Reads the fields that chat and text completions share. */
final class CallFields {

  private static final int MAX_STOPS = 4;

  private CallFields() {}

  /**
   * @param maxOutputTokens 0 means as many as the context has room for
   */
  static Limits limits(Fields fields, int maxOutputTokens) {
    double temperature = fields.number("temperature", 1, 0, 2);
    double topP = fields.number("top_p", 1, 0, 1);
    int topK = fields.integer("top_k", 0, -1, Integer.MAX_VALUE);
    double minP = fields.number("min_p", 0, 0, 1);
    Long seed = fields.longInteger("seed");
    refuseUnsupported(fields);
    Sampling sampling =
        new Sampling(
            temperature,
            Math.max(0, topK),
            Math.max(Double.MIN_NORMAL, topP),
            minP,
            seed == null ? ThreadLocalRandom.current().nextLong() : seed);
    return new Limits(maxOutputTokens, sampling, stops(fields), fields.flag("ignore_eos", false));
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

  private static void refuseUnsupported(Fields fields) {
    fields.number("presence_penalty", 0, -2, 2);
    fields.number("frequency_penalty", 0, -2, 2);
    fields.unsupported("presence_penalty", "0");
    fields.unsupported("frequency_penalty", "0");
    fields.unsupported("repetition_penalty", "1");
    fields.unsupported("logit_bias", null);
    Fields format = fields.object("response_format");
    if (format != null && !"text".equals(format.text("type"))) {
      throw format.bad("type", "text (others are not supported)");
    }
  }

  private static List<String> stops(Fields fields) {
    JsonNode value = fields.get("stop");
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
    if (empty || stops.size() > MAX_STOPS || stops.contains("")) {
      throw fields.bad("stop", "a string or up to " + MAX_STOPS + " strings, none of them empty");
    }
    return stops;
  }
}
