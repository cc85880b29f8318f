package io.slinfer.model.chat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.Map;

/** Filters that make a number. */
final class NumberFilters {

  private NumberFilters() {}

  static Map<String, Filters.Filter> all() {
    return Map.of(
        "int",
        NumberFilters::integer,
        "float",
        NumberFilters::real,
        "abs",
        (value, arguments, budget) -> Numbers.absolute(checked(value, "abs")),
        "round",
        NumberFilters::round,
        "length",
        (value, arguments, budget) -> Values.length(value),
        "count",
        (value, arguments, budget) -> Values.length(value));
  }

  private static Object checked(Object value, String filter) {
    if (value instanceof Undefined undefined) {
      throw undefined.failure();
    }
    if (!Numbers.isNumber(value)) {
      throw ChatTemplateException.runtime(
          "bad operand type for " + filter + "(): '" + Values.typeName(value) + "'");
    }
    return value;
  }

  private static Object integer(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("int", "default", "base");
    Object fallback = bound.at(0, 0L);
    if (value instanceof Undefined undefined) {
      throw undefined.failure();
    }
    if (value instanceof String text) {
      return parsed(text.strip().replace("_", ""), bound.integer(1, 10), fallback);
    }
    if (value instanceof Double number) {
      return truncated(number, fallback);
    }
    return Numbers.isInteger(value) ? Numbers.normal(Numbers.big(value)) : fallback;
  }

  private static Object parsed(String text, int base, Object fallback) {
    if (text.length() > NumberFormat.MAX_SIZE) {
      return fallback;
    }
    String prefix = base == 16 ? "0x" : base == 8 ? "0o" : base == 2 ? "0b" : "";
    boolean prefixed = !prefix.isEmpty() && text.regionMatches(true, 0, prefix, 0, 2);
    try {
      return Numbers.normal(new BigInteger(prefixed ? text.substring(2) : text, base));
    } catch (NumberFormatException notWhole) {
      Double number = parsedReal(text);
      return number == null ? fallback : truncated(number, fallback);
    }
  }

  private static Object truncated(double number, Object fallback) {
    return Double.isFinite(number)
        ? Numbers.normal(new BigDecimal(number).toBigInteger())
        : fallback;
  }

  private static Object real(Object value, Arguments arguments, Budget budget) {
    Object fallback = arguments.bind("float", "default").at(0, 0.0);
    if (value instanceof Undefined undefined) {
      throw undefined.failure();
    }
    if (value instanceof String text) {
      Double number = parsedReal(text.strip().replace("_", ""));
      return number == null ? fallback : number;
    }
    return Numbers.isNumber(value) ? (Object) Numbers.real(value) : fallback;
  }

  /** The number that Python's {@code float} reads, or null. */
  private static Double parsedReal(String text) {
    if (text.matches("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?")) {
      return Double.valueOf(text);
    }
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "nan", "+nan", "-nan" -> Double.NaN;
      case "inf", "+inf", "infinity", "+infinity" -> Double.POSITIVE_INFINITY;
      case "-inf", "-infinity" -> Double.NEGATIVE_INFINITY;
      default -> null;
    };
  }

  private static Object round(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("round", "precision", "method");
    RoundingMode mode =
        switch (bound.text(1, "common")) {
          case "common" -> RoundingMode.HALF_EVEN;
          case "ceil" -> RoundingMode.CEILING;
          case "floor" -> RoundingMode.FLOOR;
          default -> throw ChatTemplateException.runtime("method must be common, ceil or floor");
        };
    Object number = checked(value, "round");
    if (mode == RoundingMode.HALF_EVEN) {
      return Numbers.round(number, bound.integer(0, 0), mode);
    }
    // As Jinja computes it: scaled in floating point, so that its errors show alike.
    double scale = Math.pow(10, bound.integer(0, 0));
    double scaled = Numbers.real(number) * scale;
    return (mode == RoundingMode.CEILING ? Math.ceil(scaled) : Math.floor(scaled)) / scale;
  }
}
