package io.slinfer.model.chat;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Python's {@code str.format}: replacement fields in braces. Confined to one call. */
final class BraceFormat {

  private static final Pattern SPEC =
      Pattern.compile(
          "(?:(?<fill>\\X)?(?<align>[<>=^]))?(?<sign>[-+ ])?(?<alt>#)?(?<zero>0)?(?<width>\\d+)?"
              + "(?<group>[,_])?(?:\\.(?<precision>\\d+))?(?<type>[a-zA-Z%])?",
          Pattern.DOTALL);
  private static final Pattern STEP = Pattern.compile("\\.([^.\\[]+)|\\[([^\\]]+)\\]");

  private final String format;
  private final Arguments arguments;
  private final Budget budget;
  private final StringBuilder out = new StringBuilder();
  private int automatic;
  private boolean nested;

  private BraceFormat(String format, Arguments arguments, Budget budget) {
    this.format = format;
    this.arguments = arguments;
    this.budget = budget;
  }

  static String format(String format, Arguments arguments, Budget budget) {
    return new BraceFormat(format, arguments, budget).run();
  }

  static String formatMap(String format, Arguments arguments, Budget budget) {
    Object mapping = arguments.bind("format_map", "mapping").required(0);
    if (!(mapping instanceof Map<?, ?> map)) {
      throw ChatTemplateException.runtime("format_map() needs a mapping");
    }
    Map<String, Object> named = new HashMap<>();
    map.forEach((key, value) -> named.put(PythonText.str(key, budget), value));
    return format(format, new Arguments(List.of(), named), budget);
  }

  private String run() {
    int i = 0;
    while (i < format.length()) {
      char character = format.charAt(i);
      boolean doubled = i + 1 < format.length() && format.charAt(i + 1) == character;
      if ((character == '{' || character == '}') && doubled) {
        out.append(character);
        i += 2;
      } else if (character == '{') {
        i = field(i + 1);
      } else if (character == '}') {
        throw ChatTemplateException.runtime("Single '}' encountered in format string");
      } else {
        out.append(character);
        i++;
      }
    }
    budget.spendText(out.length());
    return out.toString();
  }

  /** Writes the field that begins after its brace; returns where the text goes on. */
  private int field(int start) {
    int end = closingBrace(start);
    String field = format.substring(start, end);
    int colon = field.indexOf(':');
    String path = colon < 0 ? field : field.substring(0, colon);
    String conversion = "";
    if (path.length() >= 2 && path.charAt(path.length() - 2) == '!') {
      conversion = path.substring(path.length() - 1);
      path = path.substring(0, path.length() - 2);
    }
    Object value = converted(value(path), conversion);
    out.append(formatted(value, spec(colon < 0 ? "" : field.substring(colon + 1)), budget));
    budget.spendText(out.length());
    return end + 1;
  }

  private int closingBrace(int start) {
    int depth = 1;
    for (int i = start; i < format.length(); i++) {
      char character = format.charAt(i);
      depth += character == '{' ? 1 : character == '}' ? -1 : 0;
      if (depth == 0) {
        return i;
      }
    }
    throw ChatTemplateException.runtime("expected '}' before end of string");
  }

  /** The specification after its own fields are filled in; those may not hold fields again. */
  private String spec(String written) {
    if (written.indexOf('{') < 0) {
      return written;
    }
    if (nested) {
      throw ChatTemplateException.runtime("Max string recursion exceeded");
    }
    BraceFormat inner = new BraceFormat(written, arguments, budget);
    inner.nested = true;
    inner.automatic = automatic;
    String spec = inner.run();
    automatic = inner.automatic;
    return spec;
  }

  private Object converted(Object value, String conversion) {
    return switch (conversion) {
      case "" -> value;
      case "s" -> PythonText.str(value, budget);
      case "r", "a" -> PythonText.repr(value, budget);
      default ->
          throw ChatTemplateException.runtime("Unknown conversion specifier '" + conversion + "'");
    };
  }

  private Object value(String path) {
    Matcher step = STEP.matcher(path);
    boolean steps = step.find();
    String head = steps ? path.substring(0, step.start()) : path;
    Object value = argument(head);
    while (steps) {
      String attribute = step.group(1);
      String index = step.group(2);
      if (attribute != null) {
        value = Subscripts.attribute(value, attribute);
      } else {
        Object key =
            index.chars().allMatch(c -> c >= '0' && c <= '9')
                ? (Object) (long) NumberFormat.size(index)
                : index;
        value = Subscripts.item(value, key, budget);
      }
      steps = step.find();
    }
    return value;
  }

  private Object argument(String head) {
    if (head.isEmpty() || head.chars().allMatch(c -> c >= '0' && c <= '9')) {
      int index = head.isEmpty() ? automatic++ : NumberFormat.size(head);
      if (index >= arguments.positional().size()) {
        throw ChatTemplateException.runtime(
            "Replacement index " + index + " out of range for positional args tuple");
      }
      return arguments.positional().get(index);
    }
    Map<String, Object> named = arguments.named();
    if (!named.containsKey(head)) {
      throw ChatTemplateException.runtime("KeyError: '" + head + "'");
    }
    return named.get(head);
  }

  private static String formatted(Object value, String spec, Budget budget) {
    if (spec.isEmpty()) {
      return PythonText.str(value, budget);
    }
    Matcher parts = SPEC.matcher(spec);
    if (!parts.matches()) {
      throw ChatTemplateException.runtime("Invalid format specifier '" + spec + "'");
    }
    String type = parts.group("type") == null ? "" : parts.group("type");
    boolean number = Numbers.isNumber(value) && !(value instanceof Boolean && type.isEmpty());
    String body = number ? number(value, parts, type) : text(value, parts, type, budget);
    boolean negative = number && Numbers.real(value) < 0;
    String sign = parts.group("sign");
    String prefix = negative ? "-" : number && sign != null && !sign.equals("-") ? sign : "";
    return aligned(prefix, body, parts, number);
  }

  private static String text(Object value, Matcher parts, String type, Budget budget) {
    if (!type.isEmpty() && !type.equals("s")) {
      throw ChatTemplateException.runtime(
          "Unknown format code '" + type + "' for object of type '" + Values.typeName(value) + "'");
    }
    String text = PythonText.str(value, budget);
    String precision = parts.group("precision");
    int shown = precision == null ? Integer.MAX_VALUE : NumberFormat.size(precision);
    return CodePoints.length(text) > shown ? CodePoints.substring(text, 0, shown) : text;
  }

  private static String number(Object value, Matcher parts, String type) {
    String precision = parts.group("precision");
    String body;
    if (Numbers.isInteger(value) && (type.isEmpty() || "dxXobn".contains(type))) {
      BigInteger whole = Numbers.big(value);
      char code = type.isEmpty() || type.equals("n") ? 'd' : type.charAt(0);
      body = NumberFormat.whole(whole, code);
      if (parts.group("alt") != null && code != 'd') {
        body = "0" + code + body;
      }
    } else if (type.isEmpty() && precision == null) {
      body = PythonText.real(Math.abs(Numbers.real(value)));
    } else if (type.isEmpty() || "fFeEgG%".contains(type)) {
      int digits = precision == null ? 6 : NumberFormat.size(precision);
      body = NumberFormat.real(Numbers.real(value), type.isEmpty() ? 'g' : type.charAt(0), digits);
    } else {
      throw ChatTemplateException.runtime(
          "Unknown format code '" + type + "' for object of type '" + Values.typeName(value) + "'");
    }
    return parts.group("group") == null ? body : grouped(body, parts.group("group"));
  }

  private static String grouped(String body, String separator) {
    int end = 0;
    while (end < body.length() && Character.isDigit(body.charAt(end))) {
      end++;
    }
    StringBuilder grouped = new StringBuilder(body);
    for (int i = end - 3; i > 0; i -= 3) {
      grouped.insert(i, separator);
    }
    return grouped.toString();
  }

  private static String aligned(String sign, String body, Matcher parts, boolean number) {
    String width = parts.group("width");
    int missing =
        width == null
            ? 0
            : Math.max(0, NumberFormat.size(width) - CodePoints.length(body) - sign.length());
    boolean zero = parts.group("zero") != null;
    String fill = parts.group("fill") != null ? parts.group("fill") : zero ? "0" : " ";
    String fallback = zero && number ? "=" : number ? ">" : "<";
    String align = parts.group("align") != null ? parts.group("align") : fallback;
    return switch (align) {
      case "<" -> sign + body + fill.repeat(missing);
      case "=" -> sign + fill.repeat(missing) + body;
      case "^" -> fill.repeat(missing / 2) + sign + body + fill.repeat(missing - missing / 2);
      default -> fill.repeat(missing) + sign + body;
    };
  }
}
