package io.slinfer.model.chat;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The {@code tojson} filter as chat templates know it: Python's {@code json.dumps}, without HTML
 * escaping. Confined to one call.
 */
final class JsonText {

  private final String indent;
  private final String itemSeparator;
  private final String keySeparator;
  private final boolean ascii;
  private final boolean sorted;
  private final Budget budget;
  private final StringBuilder out = new StringBuilder();

  private JsonText(Arguments.Bound arguments, Budget budget) {
    this.budget = budget;
    ascii = arguments.flag(0, false);
    indent = indent(arguments.at(1, null), arguments, budget);
    sorted = arguments.flag(3, false);
    if (arguments.at(2, null) == null) {
      itemSeparator = indent == null ? ", " : ",";
      keySeparator = ": ";
    } else {
      List<Object> separators = Values.elements(arguments.at(2, null), budget);
      if (separators.size() != 2
          || !(separators.get(0) instanceof String items)
          || !(separators.get(1) instanceof String keys)) {
        throw ChatTemplateException.runtime("tojson() separators must be two strings");
      }
      itemSeparator = items;
      keySeparator = keys;
    }
  }

  private static String indent(Object value, Arguments.Bound arguments, Budget budget) {
    if (value == null || value instanceof String) {
      return (String) value;
    }
    int width = Math.max(0, arguments.integer(1, 0));
    budget.spendText(width);
    return " ".repeat(width);
  }

  static String write(Object value, Arguments arguments, Budget budget) {
    JsonText json =
        new JsonText(
            arguments.bind("tojson", "ensure_ascii", "indent", "separators", "sort_keys"), budget);
    json.write(value, 0);
    return json.out.toString();
  }

  private void write(Object value, int level) {
    budget.enter();
    switch (value) {
      case null -> out.append("null");
      case Boolean flag -> out.append(flag);
      case Double number -> out.append(real(number));
      case Number number -> out.append(number);
      case String text -> quote(text);
      case Tuple tuple -> list(tuple.items(), level);
      case List<?> list -> list(list, level);
      case Map<?, ?> map -> map(map, level);
      default ->
          throw ChatTemplateException.runtime(
              "Object of type " + Values.typeName(value) + " is not JSON serializable");
    }
    budget.leave();
  }

  private static String real(double number) {
    if (Double.isNaN(number)) {
      return "NaN";
    }
    if (Double.isInfinite(number)) {
      return number > 0 ? "Infinity" : "-Infinity";
    }
    return PythonText.real(number);
  }

  private void list(List<?> list, int level) {
    Iterator<?> elements = list.iterator();
    out.append('[');
    while (elements.hasNext()) {
      breakLine(level + 1);
      write(elements.next(), level + 1);
      out.append(elements.hasNext() ? itemSeparator : "");
    }
    if (!list.isEmpty()) {
      breakLine(level);
    }
    out.append(']');
  }

  private void map(Map<?, ?> map, int level) {
    List<Object> keys = new ArrayList<>(map.keySet());
    if (sorted) {
      keys.sort((a, b) -> Comparisons.compare(a, b, "<", budget));
    }
    Iterator<Object> rest = keys.iterator();
    out.append('{');
    while (rest.hasNext()) {
      Object key = rest.next();
      breakLine(level + 1);
      quote(key(key));
      out.append(keySeparator);
      write(map.get(key), level + 1);
      out.append(rest.hasNext() ? itemSeparator : "");
    }
    if (!map.isEmpty()) {
      breakLine(level);
    }
    out.append('}');
  }

  private static String key(Object key) {
    return switch (key) {
      case null -> "null";
      case String text -> text;
      case Boolean flag -> flag.toString();
      case Double number -> real(number);
      case Number number -> number.toString();
      default ->
          throw ChatTemplateException.runtime(
              "keys must be str, int, float, bool or None, not " + Values.typeName(key));
    };
  }

  private void breakLine(int level) {
    if (indent != null) {
      budget.spendText((long) out.length() / 64 + (long) indent.length() * level);
      out.append('\n').repeat(indent, level);
    }
  }

  private void quote(String text) {
    budget.spendText(text.length());
    budget.checkText(out.length());
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char character = text.charAt(i);
      switch (character) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        default -> {
          if (character < 0x20 || ascii && character > 0x7e) {
            out.append(String.format(Locale.ROOT, "\\u%04x", (int) character));
          } else {
            out.append(character);
          }
        }
      }
    }
    out.append('"');
  }
}
