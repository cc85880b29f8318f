package io.slinfer.http.ollama;

import com.fasterxml.jackson.databind.JsonNode;
import io.slinfer.http.Fields;
import java.util.regex.Pattern;

/**
 * How long a model is to stay after a call: it must be well-formed, but models leave memory when
 * others need it.
 */
final class KeepAlive {

  private static final String FIELD = "keep_alive";
  private static final String NUMBER = "([0-9]+(\\.[0-9]*)?|\\.[0-9]+)";

  /** Seconds, or a duration as Go writes it. */
  private static final Pattern DURATION =
      Pattern.compile("[-+]?(" + NUMBER + "|(" + NUMBER + "(ns|us|\u00b5s|\u03bcs|ms|s|m|h))+)");

  private KeepAlive() {}

  static void check(Fields fields) {
    JsonNode value = fields.get(FIELD);
    boolean duration = value != null && DURATION.matcher(value.asText()).matches();
    if (value != null && !value.isNumber() && !duration) {
      throw fields.bad(FIELD, "seconds, or a duration such as \"5m\"");
    }
  }
}
