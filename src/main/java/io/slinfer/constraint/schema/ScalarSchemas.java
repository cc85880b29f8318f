package io.slinfer.constraint.schema;

import static io.slinfer.constraint.Expression.UNBOUNDED;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.slinfer.constraint.Expression;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;

/** Compiles schemas of strings, numbers and integers. */
final class ScalarSchemas {

  private static final int MAX_DIVISOR = 256;
  private static final int MAX_BOUND_DIGITS = 40;

  private final JsonSyntax syntax;
  private final NumberRanges ranges;

  ScalarSchemas(JsonSyntax syntax) {
    this.syntax = syntax;
    ranges = new NumberRanges(syntax.builder());
  }

  Expression string(ObjectNode schema, String path) {
    boolean length = schema.has("minLength") || schema.has("maxLength");
    if (!schema.has("pattern") && !schema.has("format")) {
      int min = SchemaKeywords.count(schema, "minLength", 0, path);
      int max = SchemaKeywords.count(schema, "maxLength", UNBOUNDED, path);
      if (max < min) {
        throw new UnsupportedSchemaException("maxLength", path, max + " is below minLength");
      }
      return syntax.strings(min, max);
    }
    String keyword = schema.has("pattern") ? "pattern" : "format";
    if (length || (schema.has("pattern") && schema.has("format"))) {
      throw new UnsupportedSchemaException(
          keyword, path, "is not supported together with a length or with both");
    }
    JsonNode value = schema.get(keyword);
    if (!value.isTextual()) {
      throw new UnsupportedSchemaException(keyword, path, "must be a string");
    }
    String pattern =
        keyword.equals("pattern")
            ? value.textValue()
            : StringFormats.pattern(value.textValue(), path);
    return syntax
        .builder()
        .rule("json-pattern-" + pattern, () -> JsonSyntax.quotes(RegexReader.read(pattern, path)));
  }

  /** Numbers, or integers only. */
  Expression number(ObjectNode schema, boolean integer, String path) {
    BigDecimal divisor = decimal(schema, "multipleOf", path);
    if (divisor != null && divisor.signum() <= 0) {
      throw new UnsupportedSchemaException("multipleOf", path, "must be above 0");
    }
    boolean wholeDivisor = divisor != null && divisor.scale() <= 0;
    if (integer || wholeDivisor) {
      return integers(schema, divisor, path);
    }
    NumberRanges.Bounds bounds = bounds(schema, path);
    if (bounds.isNone() && divisor == null) {
      return syntax.number();
    }
    int digits = JsonSyntax.MAX_FRACTION_DIGITS;
    if (divisor != null) {
      digits = divisor.scale();
      if (!divisor.unscaledValue().equals(BigInteger.ONE) || digits > digitsAllowed()) {
        throw new UnsupportedSchemaException(
            "multipleOf", path, divisor + " is not supported; use an integer or 0.1, 0.01, ...");
      }
    }
    return ranges.numbers(bounds, digits);
  }

  private static int digitsAllowed() {
    return JsonSyntax.MAX_FRACTION_DIGITS;
  }

  private Expression integers(ObjectNode schema, BigDecimal divisor, String path) {
    int step = 1;
    if (divisor != null) {
      if (divisor.scale() > 0 || divisor.compareTo(BigDecimal.valueOf(MAX_DIVISOR)) > 0) {
        throw new UnsupportedSchemaException(
            "multipleOf", path, divisor + " is not supported; use an integer to " + MAX_DIVISOR);
      }
      step = divisor.intValueExact();
    }
    BigInteger low = max(floor(schema, "minimum", path), above(schema, path));
    BigInteger high = min(ceiling(schema, "maximum", path), below(schema, path));
    if (low == null && high == null && step == 1) {
      return syntax.integer();
    }
    if (low != null && high != null && low.compareTo(high) > 0) {
      throw new UnsupportedSchemaException("minimum", path, "no integer lies within the bounds");
    }
    return ranges.integers(low, high, step);
  }

  private static BigInteger floor(ObjectNode schema, String keyword, String path) {
    BigDecimal value = decimal(schema, keyword, path);
    return value == null ? null : value.setScale(0, RoundingMode.CEILING).toBigInteger();
  }

  private static BigInteger ceiling(ObjectNode schema, String keyword, String path) {
    BigDecimal value = decimal(schema, keyword, path);
    return value == null ? null : value.setScale(0, RoundingMode.FLOOR).toBigInteger();
  }

  /** The least integer above exclusiveMinimum. */
  private static BigInteger above(ObjectNode schema, String path) {
    BigInteger below = ceiling(schema, "exclusiveMinimum", path);
    return below == null ? null : below.add(BigInteger.ONE);
  }

  /** The greatest integer below exclusiveMaximum. */
  private static BigInteger below(ObjectNode schema, String path) {
    BigInteger above = floor(schema, "exclusiveMaximum", path);
    return above == null ? null : above.subtract(BigInteger.ONE);
  }

  private static BigInteger max(BigInteger a, BigInteger b) {
    return a == null ? b : b == null ? a : a.max(b);
  }

  private static BigInteger min(BigInteger a, BigInteger b) {
    return a == null ? b : b == null ? a : a.min(b);
  }

  private static NumberRanges.Bounds bounds(ObjectNode schema, String path) {
    BigInteger minimum = whole(schema, "minimum", path);
    BigInteger above = whole(schema, "exclusiveMinimum", path);
    BigInteger maximum = whole(schema, "maximum", path);
    BigInteger below = whole(schema, "exclusiveMaximum", path);
    BigInteger low = max(minimum, above);
    BigInteger high = min(maximum, below);
    NumberRanges.Bounds bounds =
        new NumberRanges.Bounds(
            low, above == null || !above.equals(low), high, below == null || !below.equals(high));
    if (bounds.isEmpty()) {
      throw new UnsupportedSchemaException("minimum", path, "no number lies within the bounds");
    }
    return bounds;
  }

  private static BigInteger whole(ObjectNode schema, String keyword, String path) {
    BigDecimal value = decimal(schema, keyword, path);
    if (value != null && value.scale() > 0) {
      throw new UnsupportedSchemaException(
          keyword, path, value + " is not supported for numbers: use a bound without a fraction");
    }
    return value == null ? null : value.toBigInteger();
  }

  /** The number that the keyword holds, without trailing zeros; null if absent. */
  private static BigDecimal decimal(ObjectNode schema, String keyword, String path) {
    JsonNode value = schema.get(keyword);
    if (value == null) {
      return null;
    }
    if (!value.isNumber()) {
      throw new UnsupportedSchemaException(keyword, path, value + " is not a number");
    }
    BigDecimal number = value.decimalValue().stripTrailingZeros();
    if (number.precision() - number.scale() > MAX_BOUND_DIGITS
        || number.scale() > MAX_BOUND_DIGITS) {
      throw new UnsupportedSchemaException(
          keyword, path, value + " has more than " + MAX_BOUND_DIGITS + " digits");
    }
    return number;
  }
}
