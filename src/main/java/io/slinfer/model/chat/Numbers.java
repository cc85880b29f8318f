package io.slinfer.model.chat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;

/** Python's numbers: whole ones of any size (Long, else BigInteger; Boolean counts) and Double. */
final class Numbers {

  private static final int MAX_BITS = 1 << 16;
  private static final BigInteger LONG_MIN = BigInteger.valueOf(Long.MIN_VALUE);
  private static final BigInteger LONG_MAX = BigInteger.valueOf(Long.MAX_VALUE);

  private Numbers() {}

  static boolean isNumber(Object value) {
    return value instanceof Double || isInteger(value);
  }

  /** Whether the value counts as whole in arithmetic: booleans do. */
  static boolean isInteger(Object value) {
    return value instanceof Long || value instanceof BigInteger || value instanceof Boolean;
  }

  static BigInteger big(Object value) {
    return switch (value) {
      case BigInteger number -> number;
      case Long number -> BigInteger.valueOf(number);
      case Boolean flag -> flag ? BigInteger.ONE : BigInteger.ZERO;
      default -> throw new IllegalArgumentException(Values.typeName(value));
    };
  }

  /** The number as a Long if it fits. */
  static Object normal(BigInteger number) {
    if (number.bitLength() > MAX_BITS) {
      throw ChatTemplateException.limit("a number is longer than " + MAX_BITS + " bits");
    }
    if (number.compareTo(LONG_MIN) >= 0 && number.compareTo(LONG_MAX) <= 0) {
      return number.longValue();
    }
    return number;
  }

  static double real(Object value) {
    return switch (value) {
      case Double number -> number;
      case Long number -> number.doubleValue();
      case Boolean flag -> flag ? 1 : 0;
      case BigInteger number -> {
        double real = number.doubleValue();
        if (Double.isInfinite(real)) {
          throw ChatTemplateException.runtime("int too large to convert to float");
        }
        yield real;
      }
      default -> throw new IllegalArgumentException(Values.typeName(value));
    };
  }

  static boolean equal(Object left, Object right) {
    if (left instanceof Long a && right instanceof Long b) {
      return a.longValue() == b.longValue();
    }
    boolean nan = left instanceof Double a && a.isNaN() || right instanceof Double b && b.isNaN();
    return !nan && compare(left, right) == 0;
  }

  /** Exact, whatever the types; NaN is larger than all. */
  static int compare(Object left, Object right) {
    if (isInteger(left) && isInteger(right)) {
      return big(left).compareTo(big(right));
    }
    if (isFinite(left) && isFinite(right)) {
      return decimal(left).compareTo(decimal(right));
    }
    return Double.compare(real(left), real(right));
  }

  private static boolean isFinite(Object value) {
    return !(value instanceof Double number) || Double.isFinite(number);
  }

  private static BigDecimal decimal(Object value) {
    return value instanceof Double number ? new BigDecimal(number) : new BigDecimal(big(value));
  }

  static Object add(Object left, Object right) {
    if (isInteger(left) && isInteger(right)) {
      return normal(big(left).add(big(right)));
    }
    return real(left) + real(right);
  }

  static Object subtract(Object left, Object right) {
    if (isInteger(left) && isInteger(right)) {
      return normal(big(left).subtract(big(right)));
    }
    return real(left) - real(right);
  }

  static Object multiply(Object left, Object right) {
    if (isInteger(left) && isInteger(right)) {
      return normal(big(left).multiply(big(right)));
    }
    return real(left) * real(right);
  }

  static Object divide(Object left, Object right) {
    checkDivisor(right, "division by zero");
    if (isInteger(left) && isInteger(right)) {
      return new BigDecimal(big(left))
          .divide(new BigDecimal(big(right)), new MathContext(60))
          .doubleValue();
    }
    return real(left) / real(right);
  }

  static Object floorDivide(Object left, Object right) {
    if (isInteger(left) && isInteger(right)) {
      checkDivisor(right, "integer division or modulo by zero");
      BigInteger[] parts = big(left).divideAndRemainder(big(right));
      boolean down = parts[1].signum() != 0 && parts[1].signum() != big(right).signum();
      return normal(down ? parts[0].subtract(BigInteger.ONE) : parts[0]);
    }
    checkDivisor(right, "float floor division by zero");
    double quotient = (real(left) - (double) modulo(left, right)) / real(right);
    return quotient == 0 ? Math.copySign(0.0, real(left) / real(right)) : Math.rint(quotient);
  }

  static Object modulo(Object left, Object right) {
    if (isInteger(left) && isInteger(right)) {
      checkDivisor(right, "integer modulo by zero");
      BigInteger remainder = big(left).remainder(big(right));
      boolean shift = remainder.signum() != 0 && remainder.signum() != big(right).signum();
      return normal(shift ? remainder.add(big(right)) : remainder);
    }
    checkDivisor(right, "float modulo by zero");
    double divisor = real(right);
    double remainder = real(left) % divisor;
    if (remainder == 0) {
      return Math.copySign(0.0, divisor);
    }
    return (remainder < 0) == (divisor < 0) ? remainder : remainder + divisor;
  }

  static Object power(Object left, Object right) {
    if (isInteger(left) && isInteger(right) && big(right).signum() >= 0) {
      BigInteger base = big(left);
      if (base.bitLength() <= 1 && base.abs().compareTo(BigInteger.ONE) <= 0) {
        boolean even = !big(right).testBit(0);
        return normal(
            big(right).signum() == 0 || (even && base.signum() < 0) ? BigInteger.ONE : base);
      }
      if (big(right).bitLength() > 31 || big(right).longValue() * base.bitLength() > MAX_BITS) {
        throw ChatTemplateException.limit("a number is longer than " + MAX_BITS + " bits");
      }
      return normal(base.pow(big(right).intValue()));
    }
    double base = real(left);
    double exponent = real(right);
    if (base == 0 && exponent < 0) {
      throw ChatTemplateException.runtime("0.0 cannot be raised to a negative power");
    }
    double result = Math.pow(base, exponent);
    if (Double.isInfinite(result) && Double.isFinite(base) && Double.isFinite(exponent)) {
      throw ChatTemplateException.runtime("the result of ** is too large");
    }
    return result;
  }

  static Object negate(Object value) {
    return value instanceof Double number ? (Object) (-number) : normal(big(value).negate());
  }

  static Object absolute(Object value) {
    return value instanceof Double number ? (Object) Math.abs(number) : normal(big(value).abs());
  }

  /** Rounds to a number of decimals, which may be negative. */
  static Object round(Object value, int decimals, RoundingMode mode) {
    if (!isFinite(value) || Math.abs((long) decimals) > 400) {
      return value;
    }
    BigDecimal rounded = decimal(value).setScale(decimals, mode);
    if (isInteger(value)) {
      return normal(rounded.toBigInteger());
    }
    double result = rounded.doubleValue();
    return result == 0 ? Math.copySign(0.0, real(value)) : result;
  }

  private static void checkDivisor(Object divisor, String message) {
    if (real(divisor) == 0) {
      throw ChatTemplateException.runtime(message);
    }
  }
}
