package io.slinfer.model.chat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Python's {@code format % values}. */
final class PercentFormat {

  private static final Pattern FIELD =
      Pattern.compile(
          "%(?:\\((?<key>[^)]*)\\))?(?<flags>[-+ #0]*)(?<width>\\d+|\\*)?"
              + "(?:\\.(?<precision>\\d*))?[hlL]?(?<type>.)",
          Pattern.DOTALL);

  private PercentFormat() {}

  static String format(String format, Object values, Budget budget) {
    List<Object> positional =
        values instanceof Tuple tuple ? tuple.items() : Collections.singletonList(values);
    StringBuilder out = new StringBuilder();
    Matcher field = FIELD.matcher(format);
    int next = 0;
    int copied = 0;
    while (field.find(copied) || rejectsLonePercent(format, copied)) {
      out.append(format, copied, field.start());
      copied = field.end();
      if (field.group("type").equals("%")) {
        out.append('%');
        continue;
      }
      Object value;
      if (field.group("key") != null) {
        value = named(values, field.group("key"));
        next = positional.size();
      } else if (next < positional.size()) {
        value = positional.get(next++);
      } else {
        throw ChatTemplateException.runtime("not enough arguments for format string");
      }
      out.append(field(field, value, budget));
      budget.spendText(out.length());
    }
    if (next < positional.size() && !isSubscripted(values)) {
      throw ChatTemplateException.runtime("not all arguments converted during string formatting");
    }
    budget.spendText(out.length() + format.length() - copied);
    return out.append(format, copied, format.length()).toString();
  }

  /** Python takes such a value for a mapping, whose elements need not all be used. */
  private static boolean isSubscripted(Object values) {
    return Values.isSequence(values) && !(values instanceof String) && !(values instanceof Tuple);
  }

  private static boolean rejectsLonePercent(String format, int from) {
    if (format.indexOf('%', from) >= 0) {
      throw ChatTemplateException.runtime("incomplete format");
    }
    return false;
  }

  private static Object named(Object values, String key) {
    if (!(values instanceof Map<?, ?> map)) {
      throw ChatTemplateException.runtime("format requires a mapping");
    }
    if (!map.containsKey(key)) {
      throw ChatTemplateException.runtime("KeyError: '" + key + "'");
    }
    return map.get(key);
  }

  private static String field(Matcher field, Object value, Budget budget) {
    char type = field.group("type").charAt(0);
    return switch (type) {
      case 's', 'r', 'a', 'c' -> padded("", text(field, value, type, budget), field, false);
      case 'd', 'i', 'u', 'x', 'X', 'o' -> {
        BigInteger whole = Numbers.big(whole(value, type));
        String digits = NumberFormat.whole(whole, type);
        String zeros = "0".repeat(Math.max(0, precision(field, 0) - digits.length()));
        boolean marked = field.group("flags").contains("#") && "xXo".indexOf(type) >= 0;
        String body = (marked ? "0" + type : "") + zeros + digits;
        yield padded(sign(whole.signum() < 0, field), body, field, true);
      }
      case 'f', 'F', 'e', 'E', 'g', 'G' -> {
        double real = Numbers.real(number(value, type));
        String body = NumberFormat.real(real, type, precision(field, 6));
        yield padded(sign(real < 0 || 1 / real < 0, field), body, field, true);
      }
      default -> throw ChatTemplateException.runtime("unsupported format character '" + type + "'");
    };
  }

  private static int precision(Matcher field, int fallback) {
    String digits = field.group("precision");
    return digits == null ? fallback : digits.isEmpty() ? 0 : NumberFormat.size(digits);
  }

  private static String text(Matcher field, Object value, char type, Budget budget) {
    if (type == 'c' && value instanceof Long point) {
      if (point < 0 || point > Character.MAX_CODE_POINT) {
        throw ChatTemplateException.runtime("%c arg not in range(0x110000)");
      }
      return Character.toString(point.intValue());
    }
    boolean plain = type == 's' || type == 'c';
    String text = plain ? PythonText.str(value, budget) : PythonText.repr(value, budget);
    int shown = precision(field, Integer.MAX_VALUE);
    return shown < CodePoints.length(text) ? CodePoints.substring(text, 0, shown) : text;
  }

  private static Object number(Object value, char type) {
    if (value instanceof Undefined undefined) {
      throw undefined.failure();
    }
    if (!Numbers.isNumber(value)) {
      throw ChatTemplateException.runtime(
          "%" + type + " format: a number is required, not " + Values.typeName(value));
    }
    return value;
  }

  private static Object whole(Object value, char type) {
    Object number = number(value, type);
    if (number instanceof Double real) {
      if (type == 'x' || type == 'X' || type == 'o' || !Double.isFinite(real)) {
        throw ChatTemplateException.runtime(
            "%" + type + " format: an integer is required, not float");
      }
      return Numbers.normal(new BigDecimal(real).toBigInteger());
    }
    return number;
  }

  private static String sign(boolean negative, Matcher field) {
    String flags = field.group("flags");
    return negative ? "-" : flags.contains("+") ? "+" : flags.contains(" ") ? " " : "";
  }

  private static String padded(String sign, String body, Matcher field, boolean number) {
    String width = field.group("width");
    String flags = field.group("flags");
    if (width == null) {
      return sign + body;
    }
    if (width.equals("*")) {
      throw ChatTemplateException.runtime("a width of * is not supported in a format");
    }
    int missing = Math.max(0, NumberFormat.size(width) - CodePoints.length(body) - sign.length());
    if (flags.contains("-")) {
      return sign + body + " ".repeat(missing);
    }
    return number && flags.contains("0")
        ? sign + "0".repeat(missing) + body
        : " ".repeat(missing) + sign + body;
  }
}
