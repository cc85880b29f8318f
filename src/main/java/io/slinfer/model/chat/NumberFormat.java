package io.slinfer.model.chat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;

/** The layouts of one number that {@code %} and {@code str.format} share. */
final class NumberFormat {

  /** More digits or columns than this are refused. */
  static final int MAX_SIZE = 10_000;

  private NumberFormat() {}

  /** Reads a width or precision. */
  static int size(String digits) {
    if (digits.length() > 5 || Integer.parseInt(digits) > MAX_SIZE) {
      throw ChatTemplateException.limit("a format is wider than " + MAX_SIZE);
    }
    return Integer.parseInt(digits);
  }

  /** The absolute value as text of type d, x, X, o, b. */
  static String whole(BigInteger value, char type) {
    BigInteger magnitude = value.abs();
    return switch (type) {
      case 'x' -> magnitude.toString(16);
      case 'X' -> magnitude.toString(16).toUpperCase(Locale.ROOT);
      case 'o' -> magnitude.toString(8);
      case 'b' -> magnitude.toString(2);
      default -> magnitude.toString();
    };
  }

  /** The absolute value as text of type f, F, e, E, g, G or %. */
  static String real(double value, char type, int precision) {
    double magnitude = Math.abs(value);
    boolean upper = Character.isUpperCase(type);
    String text;
    if (!Double.isFinite(magnitude)) {
      text = Double.isNaN(magnitude) ? "nan" : "inf";
    } else {
      BigDecimal exact = new BigDecimal(magnitude);
      text =
          switch (Character.toLowerCase(type)) {
            case 'e' -> scientific(exact, precision);
            case 'g' -> general(exact, Math.max(1, precision));
            case '%' -> fixed(exact.movePointRight(2), precision) + "%";
            default -> fixed(exact, precision);
          };
    }
    return upper ? text.toUpperCase(Locale.ROOT) : text;
  }

  private static String fixed(BigDecimal exact, int precision) {
    return exact.setScale(precision, RoundingMode.HALF_EVEN).toPlainString();
  }

  private static String scientific(BigDecimal exact, int precision) {
    BigDecimal rounded = exact.round(new MathContext(precision + 1, RoundingMode.HALF_EVEN));
    StringBuilder digits = new StringBuilder(rounded.unscaledValue().toString());
    int exponent = rounded.signum() == 0 ? 0 : digits.length() - rounded.scale() - 1;
    while (digits.length() < precision + 1) {
      digits.append('0');
    }
    digits.setLength(precision + 1);
    if (precision > 0) {
      digits.insert(1, '.');
    }
    digits.append(exponent < 0 ? "e-" : "e+").append(Math.abs(exponent) < 10 ? "0" : "");
    return digits.append(Math.abs(exponent)).toString();
  }

  private static String general(BigDecimal exact, int precision) {
    BigDecimal rounded = exact.round(new MathContext(precision, RoundingMode.HALF_EVEN));
    int exponent =
        rounded.signum() == 0
            ? 0
            : rounded.unscaledValue().toString().length() - rounded.scale() - 1;
    BigDecimal shortest = rounded.signum() == 0 ? BigDecimal.ZERO : rounded.stripTrailingZeros();
    if (exponent >= -4 && exponent < precision) {
      return shortest.toPlainString();
    }
    return scientific(shortest, shortest.unscaledValue().toString().length() - 1);
  }
}
