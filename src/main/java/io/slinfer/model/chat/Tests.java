package io.slinfer.model.chat;

import java.math.BigInteger;
import java.util.Map;
import java.util.Set;

/** What follows {@code is}. */
final class Tests {

  private static final Map<String, String> COMPARISON =
      Map.ofEntries(
          Map.entry("eq", "=="),
          Map.entry("equalto", "=="),
          Map.entry("==", "=="),
          Map.entry("ne", "!="),
          Map.entry("!=", "!="),
          Map.entry("lt", "<"),
          Map.entry("lessthan", "<"),
          Map.entry("<", "<"),
          Map.entry("le", "<="),
          Map.entry("<=", "<="),
          Map.entry("gt", ">"),
          Map.entry("greaterthan", ">"),
          Map.entry(">", ">"),
          Map.entry("ge", ">="),
          Map.entry(">=", ">="),
          Map.entry("in", "in"));

  private static final Set<String> PLAIN =
      Set.of(
          "boolean",
          "callable",
          "defined",
          "escaped",
          "even",
          "false",
          "filter",
          "float",
          "integer",
          "iterable",
          "lower",
          "mapping",
          "none",
          "number",
          "odd",
          "sequence",
          "string",
          "test",
          "true",
          "undefined",
          "upper");

  private Tests() {}

  static boolean has(String name) {
    return COMPARISON.containsKey(name)
        || PLAIN.contains(name)
        || name.equals("divisibleby")
        || name.equals("sameas");
  }

  static boolean apply(String name, Object value, Arguments arguments, Budget budget) {
    if (PLAIN.contains(name)) {
      arguments.bind(name);
      return plain(name, value, budget);
    }
    if (!has(name)) {
      throw ChatTemplateException.runtime("No test named '" + name + "'.");
    }
    Object other = arguments.bind(name, "other").required(0);
    if (COMPARISON.containsKey(name)) {
      return compare(COMPARISON.get(name), value, other, budget);
    }
    if (name.equals("divisibleby")) {
      return !Values.truth(Operators.apply("%", value, other, budget));
    }
    return value == other
        || Values.typeName(value).equals(Values.typeName(other))
            && (value instanceof Boolean || value instanceof Long || value instanceof String)
            && value.equals(other);
  }

  /** A comparison operator on two values. */
  static boolean compare(String operator, Object left, Object right, Budget budget) {
    return switch (operator) {
      case "==" -> Comparisons.equal(left, right, budget);
      case "!=" -> !Comparisons.equal(left, right, budget);
      case "in" -> Values.contains(right, left, budget);
      case "not in" -> !Values.contains(right, left, budget);
      default -> ordered(operator, left, right, budget);
    };
  }

  private static boolean ordered(String operator, Object left, Object right, Budget budget) {
    int order = Comparisons.compare(left, right, operator, budget);
    boolean nan = left instanceof Double a && a.isNaN() || right instanceof Double b && b.isNaN();
    return !nan
        && switch (operator) {
          case "<" -> order < 0;
          case "<=" -> order <= 0;
          case ">" -> order > 0;
          case ">=" -> order >= 0;
          default -> throw new IllegalArgumentException(operator);
        };
  }

  private static boolean plain(String name, Object value, Budget budget) {
    return switch (name) {
      case "defined" -> !(value instanceof Undefined);
      case "undefined" -> value instanceof Undefined;
      case "none" -> value == null;
      case "boolean" -> value instanceof Boolean;
      case "true" -> Boolean.TRUE.equals(value);
      case "false" -> Boolean.FALSE.equals(value);
      case "integer" -> value instanceof Long || value instanceof BigInteger;
      case "float" -> value instanceof Double;
      case "number" -> Numbers.isNumber(value);
      case "string" -> value instanceof String;
      case "mapping" -> value instanceof Map;
      case "sequence" -> Values.isSequence(value);
      case "iterable" -> Values.isIterable(value);
      case "callable" -> value instanceof Callable || value instanceof Undefined;
      case "even" -> !Values.truth(Operators.apply("%", value, 2L, budget));
      case "odd" -> Comparisons.equal(Operators.apply("%", value, 2L, budget), 1L, budget);
      case "lower" -> StringShapes.isLower(PythonText.str(value, budget));
      case "upper" -> StringShapes.isUpper(PythonText.str(value, budget));
      case "filter" -> value instanceof String filter && Filters.has(filter);
      case "test" -> value instanceof String test && has(test);
      case "escaped" -> false;
      default -> throw new IllegalArgumentException(name);
    };
  }
}
