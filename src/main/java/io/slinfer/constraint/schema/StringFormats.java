package io.slinfer.constraint.schema;

import java.util.Map;
import java.util.TreeMap;

/** The values of {@code format} that are regular, as patterns; some narrower than their RFC. */
final class StringFormats {

  private static final String DATE =
      "(\\d{4}-((0[13578]|1[02])-(0[1-9]|[12]\\d|3[01])|(0[469]|11)-(0[1-9]|[12]\\d|30)"
          + "|02-(0[1-9]|1\\d|2[0-8]))"
          + "|(\\d\\d(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)";
  private static final String TIME =
      "([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,9})?(Z|[+-](0\\d|1[0-4]):[0-5]\\d)";
  private static final String LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?";
  private static final String OCTET = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
  private static final String ATOM = "[A-Za-z0-9_+-]{1,30}";

  private static final Map<String, String> PATTERNS =
      new TreeMap<>(
          Map.of(
              "date", "^" + DATE + "$",
              "time", "^" + TIME + "$",
              "date-time", "^" + DATE + "T" + TIME + "$",
              "duration",
                  "^P(\\d{1,4}W|(\\d{1,4}Y(\\d{1,4}M(\\d{1,4}D)?)?|\\d{1,4}M(\\d{1,4}D)?|\\d{1,4}D)"
                      + "(T(\\d{1,4}H(\\d{1,4}M(\\d{1,4}S)?)?|\\d{1,4}M(\\d{1,4}S)?|\\d{1,4}S))?"
                      + "|T(\\d{1,4}H(\\d{1,4}M(\\d{1,4}S)?)?|\\d{1,4}M(\\d{1,4}S)?|\\d{1,4}S))$",
              "uuid", "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
              "email", "^" + ATOM + "(\\." + ATOM + "){0,2}@" + LABEL + "(\\." + LABEL + "){1,3}$",
              "hostname", "^" + LABEL + "(\\." + LABEL + "){0,5}$",
              "ipv4", "^" + OCTET + "(\\." + OCTET + "){3}$",
              "ipv6", "^[0-9a-fA-F]{1,4}(:[0-9a-fA-F]{1,4}){7}$",
              "uri",
                  "^https?://"
                      + LABEL
                      + "(\\."
                      + LABEL
                      + "){0,5}(:[1-9]\\d{0,3})?"
                      + "(/[A-Za-z0-9._~-]*)*(\\?[A-Za-z0-9._~=&-]*)?(#[A-Za-z0-9._~-]*)?$"));

  private StringFormats() {}

  /** The pattern of a format. */
  static String pattern(String format, String path) {
    String pattern = PATTERNS.get(format);
    if (pattern == null) {
      throw new UnsupportedSchemaException(
          "format", path, "\"" + format + "\" is not supported; use one of " + PATTERNS.keySet());
    }
    return pattern;
  }
}
