package io.slinfer.model.chat;

import java.math.BigDecimal;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Values as text: Python's {@code str} and {@code repr}. */
final class PythonText {

  private PythonText() {}

  /** Python's {@code str}: what a template prints. */
  static String str(Object value, Budget budget) {
    return switch (value) {
      case String text -> text;
      case Undefined _ -> "";
      case null, default -> repr(value, budget);
    };
  }

  static String repr(Object value, Budget budget) {
    StringBuilder out = new StringBuilder();
    repr(value, out, budget);
    return out.toString();
  }

  private static void repr(Object value, StringBuilder out, Budget budget) {
    budget.enter();
    int before = out.length();
    switch (value) {
      case null -> out.append("None");
      case Boolean flag -> out.append(flag ? "True" : "False");
      case Double number -> out.append(real(number));
      case String text -> quote(text, out);
      case Undefined _ -> out.append("Undefined");
      case Tuple tuple -> {
        list(tuple.items(), out.append('('), budget);
        out.append(tuple.items().size() == 1 ? ",)" : ")");
      }
      case List<?> list -> {
        list(list, out.append('['), budget);
        out.append(']');
      }
      case Map<?, ?> map -> map(map, out, budget);
      case DictView view -> {
        list(view.items(), out.append(view.kind()).append("(["), budget);
        out.append("])");
      }
      case Range range -> {
        out.append("range(").append(range.start()).append(", ").append(range.stop());
        out.append(range.step() == 1 ? ")" : ", " + range.step() + ")");
      }
      case Namespace namespace -> {
        map(namespace.attributes(), out.append("<Namespace "), budget);
        out.append('>');
      }
      case Number number -> out.append(number);
      default -> out.append('<').append(Values.typeName(value)).append(" object>");
    }
    budget.spendText(out.length() - before);
    budget.checkText(out.length());
    budget.leave();
  }

  private static void list(List<?> list, StringBuilder out, Budget budget) {
    String separator = "";
    for (Object element : list) {
      repr(element, out.append(separator), budget);
      separator = ", ";
    }
  }

  private static void map(Map<?, ?> map, StringBuilder out, Budget budget) {
    out.append('{');
    Iterator<? extends Map.Entry<?, ?>> entries = map.entrySet().iterator();
    while (entries.hasNext()) {
      Map.Entry<?, ?> entry = entries.next();
      repr(entry.getKey(), out, budget);
      repr(entry.getValue(), out.append(": "), budget);
      out.append(entries.hasNext() ? ", " : "");
    }
    out.append('}');
  }

  private static void quote(String text, StringBuilder out) {
    char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
    out.append(quote);
    text.codePoints()
        .forEach(
            point -> {
              switch (point) {
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                  if (point == quote) {
                    out.append('\\').append(quote);
                  } else if (isPrintable(point)) {
                    out.appendCodePoint(point);
                  } else {
                    String format =
                        point < 0x100 ? "\\x%02x" : point < 0x10000 ? "\\u%04x" : "\\U%08x";
                    out.append(String.format(Locale.ROOT, format, point));
                  }
                }
              }
            });
    out.append(quote);
  }

  static boolean isPrintable(int point) {
    return switch (Character.getType(point)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      case Character.SPACE_SEPARATOR -> point == ' ';
      default -> true;
    };
  }

  /** The shortest text that reads back as the same number, laid out as Python does. */
  static String real(double number) {
    if (Double.isNaN(number)) {
      return "nan";
    }
    if (Double.isInfinite(number)) {
      return number > 0 ? "inf" : "-inf";
    }
    if (number == 0) {
      return 1 / number < 0 ? "-0.0" : "0.0";
    }
    BigDecimal decimal = new BigDecimal(Double.toString(Math.abs(number))).stripTrailingZeros();
    String digits = decimal.unscaledValue().toString();
    int exponent = digits.length() - decimal.scale() - 1;
    String text;
    if (exponent >= -4 && exponent < 16) {
      String plain = decimal.toPlainString();
      text = plain.indexOf('.') < 0 ? plain + ".0" : plain;
    } else {
      String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
      String sign = exponent < 0 ? "-" : "+";
      String power = (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
      text = digits.charAt(0) + fraction + "e" + sign + power;
    }
    return number < 0 ? "-" + text : text;
  }
}
