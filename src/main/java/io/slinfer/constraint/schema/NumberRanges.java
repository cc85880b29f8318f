package io.slinfer.constraint.schema;

import static io.slinfer.constraint.Expression.EMPTY;
import static io.slinfer.constraint.Expression.characters;
import static io.slinfer.constraint.Expression.optional;
import static io.slinfer.constraint.Expression.repeat;
import static io.slinfer.constraint.Expression.sequence;
import static io.slinfer.constraint.Expression.text;

import io.slinfer.constraint.CharacterSet;
import io.slinfer.constraint.Expression;
import io.slinfer.constraint.GrammarBuilder;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/** Decimal numbers between bounds, exactly, digit by digit. Null bounds are none. */
final class NumberRanges {

  /** Numbers without an upper bound stay where a double still holds every integer. */
  private static final int MAX_OPEN_DIGITS = 15;

  private static final BigInteger ZERO = BigInteger.ZERO;
  private static final BigInteger ONE = BigInteger.ONE;

  private final GrammarBuilder builder;

  NumberRanges(GrammarBuilder builder) {
    this.builder = builder;
  }

  /** An interval of numbers. */
  record Bounds(BigInteger low, boolean lowIn, BigInteger high, boolean highIn) {

    boolean isNone() {
      return low == null && high == null;
    }

    /** The part from zero up. */
    Bounds positive() {
      boolean cut = low == null || low.signum() < 0;
      return new Bounds(cut ? ZERO : low, cut || lowIn, high, highIn);
    }

    /** The part below zero, as magnitudes. */
    Bounds negative() {
      boolean cut = high == null || high.signum() >= 0;
      return new Bounds(
          cut ? ZERO : high.negate(), !cut && highIn, low == null ? null : low.negate(), lowIn);
    }

    /** Whether no number lies in it. */
    boolean isEmpty() {
      int order = low == null || high == null ? -1 : low.compareTo(high);
      return order > 0 || (order == 0 && !(lowIn && highIn));
    }
  }

  /** Integers in the bounds (both ends in) that are multiples of the divisor. */
  Expression integers(BigInteger low, BigInteger high, int divisor) {
    List<Expression> signs = new ArrayList<>();
    if (high == null || high.signum() >= 0) {
      signs.add(magnitudes(low == null ? ZERO : low.max(ZERO), high, divisor));
    }
    if (low == null || low.signum() < 0) {
      BigInteger least = high == null ? ONE : high.negate().max(ONE);
      BigInteger most = low == null ? null : low.negate();
      signs.add(sequence(text("-"), magnitudes(least, most, divisor)));
    }
    return new Expression.Choice(signs);
  }

  /** Numbers in the bounds, with a fraction of up to that many digits and no exponent. */
  Expression numbers(Bounds bounds, int fractionDigits) {
    List<Expression> signs = new ArrayList<>();
    if (!bounds.positive().isEmpty()) {
      signs.add(magnitudes(bounds.positive(), fractionDigits));
    }
    if (!bounds.negative().isEmpty()) {
      signs.add(sequence(text("-"), magnitudes(bounds.negative(), fractionDigits)));
    }
    return new Expression.Choice(signs);
  }

  private Expression magnitudes(Bounds bounds, int digits) {
    BigInteger low = bounds.low;
    BigInteger high = bounds.high;
    Expression anyFraction = optional(JsonSyntax.fraction(digits));
    List<Expression> parts = new ArrayList<>();
    if (high != null && low.equals(high)) {
      return sequence(text(low.toString()), optional(zeroFraction(digits)));
    }
    parts.add(sequence(text(low.toString()), bounds.lowIn ? anyFraction : nonzeroFraction(digits)));
    if (high == null || low.add(ONE).compareTo(high) < 0) {
      BigInteger last = high == null ? null : high.subtract(ONE);
      parts.add(sequence(magnitudes(low.add(ONE), last, 1), anyFraction));
    }
    if (high != null && bounds.highIn) {
      parts.add(sequence(text(high.toString()), optional(zeroFraction(digits))));
    }
    return new Expression.Choice(parts);
  }

  private static Expression zeroFraction(int digits) {
    return sequence(text("."), repeat(text("0"), 1, digits));
  }

  /** Fractions above zero, of at most that many digits. */
  private static Expression nonzeroFraction(int digits) {
    List<Expression> byLeadingZeros = new ArrayList<>();
    for (int zeros = 0; zeros < digits; zeros++) {
      byLeadingZeros.add(
          sequence(
              text("." + "0".repeat(zeros)),
              characters(JsonSyntax.NONZERO_DIGIT),
              repeat(characters(JsonSyntax.DIGIT), 0, digits - zeros - 1)));
    }
    return new Expression.Choice(byLeadingZeros);
  }

  /** Decimal forms of the multiples of the divisor from low to high; without high, long enough. */
  private Expression magnitudes(BigInteger low, BigInteger high, int divisor) {
    int lowDigits = low.toString().length();
    int maxDigits = Math.max(MAX_OPEN_DIGITS, lowDigits + 1);
    BigInteger last = high == null ? BigInteger.TEN.pow(maxDigits).subtract(ONE) : high;
    List<Expression> byLength = new ArrayList<>();
    for (int length = lowDigits; length <= last.toString().length(); length++) {
      BigInteger from = low.max(length == 1 ? ZERO : BigInteger.TEN.pow(length - 1));
      BigInteger to = last.min(BigInteger.TEN.pow(length).subtract(ONE));
      if (from.compareTo(to) <= 0) {
        Digits digits = new Digits(from.toString(), to.toString(), divisor);
        byLength.add(digits(digits, 0, true, true, 0));
      }
    }
    return new Expression.Choice(byLength);
  }

  private record Digits(String from, String to, int divisor) {}

  /**
   * The digits from a position on.
   *
   * @param onFrom the digits so far are those of the lower bound; {@code onTo} of the upper
   * @param remainder of the digits so far
   */
  private Expression digits(Digits in, int at, boolean onFrom, boolean onTo, int remainder) {
    int left = in.from.length() - at;
    if (!onFrom && !onTo) {
      return free(left, in.divisor, remainder);
    }
    if (left == 0) {
      return remainder == 0 ? EMPTY : new Expression.Choice(List.of());
    }
    char first = onFrom ? in.from.charAt(at) : '0';
    char last = onTo ? in.to.charAt(at) : '9';
    List<Expression> branches = new ArrayList<>();
    for (char c = first; c <= last; c++) {
      boolean atFrom = onFrom && c == first;
      boolean atTo = onTo && c == last;
      if (in.divisor == 1 && !atFrom && !atTo) {
        char end = onTo ? (char) (last - 1) : last;
        branches.add(sequence(characters(CharacterSet.range(c, end)), free(left - 1, 1, 0)));
        c = end;
        continue;
      }
      int next = (remainder * 10 + (c - '0')) % in.divisor;
      branches.add(sequence(text(String.valueOf(c)), digits(in, at + 1, atFrom, atTo, next)));
    }
    return new Expression.Choice(branches);
  }

  /** Exactly that many more digits, any that make the whole a multiple. */
  private Expression free(int left, int divisor, int remainder) {
    if (divisor == 1) {
      return repeat(characters(JsonSyntax.DIGIT), left, left);
    }
    if (left == 0) {
      return remainder == 0 ? EMPTY : new Expression.Choice(List.of());
    }
    String name = "json-multiple-" + divisor + "-" + left + "-" + remainder;
    return builder.rule(
        name,
        () -> {
          List<Expression> branches = new ArrayList<>();
          for (int digit = 0; digit <= 9; digit++) {
            int next = (remainder * 10 + digit) % divisor;
            branches.add(sequence(text(Integer.toString(digit)), free(left - 1, divisor, next)));
          }
          return new Expression.Choice(branches);
        });
  }
}
