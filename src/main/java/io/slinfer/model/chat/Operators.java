package io.slinfer.model.chat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Python's binary operators on values. */
final class Operators {

  private Operators() {}

  static Object apply(String operator, Object left, Object right, Budget budget) {
    return switch (operator) {
      case "+" -> add(left, right, budget);
      case "*" -> multiply(left, right, budget);
      case "%" -> {
        if (left instanceof String format) {
          yield PercentFormat.format(format, right, budget);
        }
        checkNumbers(operator, left, right);
        yield Numbers.modulo(left, right);
      }
      default -> {
        checkNumbers(operator, left, right);
        yield switch (operator) {
          case "-" -> Numbers.subtract(left, right);
          case "/" -> Numbers.divide(left, right);
          case "//" -> Numbers.floorDivide(left, right);
          case "**" -> Numbers.power(left, right);
          default -> throw new IllegalArgumentException(operator);
        };
      }
    };
  }

  static Object add(Object left, Object right, Budget budget) {
    if (Numbers.isNumber(left) && Numbers.isNumber(right)) {
      return Numbers.add(left, right);
    }
    if (left instanceof String text && right instanceof String other) {
      budget.spendText((long) text.length() + other.length());
      return text.concat(other);
    }
    if (left instanceof List<?> list && right instanceof List<?> other) {
      return concatenated(list, other, budget);
    }
    if (left instanceof Tuple tuple && right instanceof Tuple other) {
      return new Tuple(concatenated(tuple.items(), other.items(), budget));
    }
    checkDefined(left, right);
    if (left instanceof String || left instanceof List || left instanceof Tuple) {
      throw ChatTemplateException.runtime(
          "can only concatenate %1$s (not \"%2$s\") to %1$s"
              .formatted(Values.typeName(left), Values.typeName(right)));
    }
    throw unsupported("+", left, right);
  }

  private static List<Object> concatenated(List<?> left, List<?> right, Budget budget) {
    budget.spendElements((long) left.size() + right.size());
    List<Object> both = new ArrayList<>(left.size() + right.size());
    both.addAll(left);
    both.addAll(right);
    return both;
  }

  private static Object multiply(Object left, Object right, Budget budget) {
    if (Numbers.isNumber(left) && Numbers.isNumber(right)) {
      return Numbers.multiply(left, right);
    }
    checkDefined(left, right);
    if (Numbers.isInteger(left) && isRepeatable(right)) {
      return repeated(right, left, budget);
    }
    if (Numbers.isInteger(right) && isRepeatable(left)) {
      return repeated(left, right, budget);
    }
    throw unsupported("*", left, right);
  }

  private static boolean isRepeatable(Object value) {
    return value instanceof String || value instanceof List || value instanceof Tuple;
  }

  private static Object repeated(Object value, Object times, Budget budget) {
    int count = Math.max(0, Arguments.of(times).bind("*", "times").integer(0, 0));
    return switch (value) {
      case String text -> {
        budget.spendText((long) text.length() * count);
        yield text.repeat(count);
      }
      case Tuple tuple -> new Tuple(repeated(tuple.items(), count, budget));
      case List<?> list -> repeated(list, count, budget);
      default -> throw new IllegalArgumentException(Values.typeName(value));
    };
  }

  private static List<Object> repeated(List<?> list, int count, Budget budget) {
    budget.spendElements((long) list.size() * count);
    List<Object> all = new ArrayList<>(list.size() * count);
    Collections.nCopies(list.isEmpty() ? 0 : count, list).forEach(all::addAll);
    return all;
  }

  private static void checkDefined(Object left, Object right) {
    if (left instanceof Undefined undefined) {
      throw undefined.failure();
    }
    if (right instanceof Undefined undefined) {
      throw undefined.failure();
    }
  }

  private static void checkNumbers(String operator, Object left, Object right) {
    checkDefined(left, right);
    if (!Numbers.isNumber(left) || !Numbers.isNumber(right)) {
      throw unsupported(operator, left, right);
    }
  }

  private static ChatTemplateException unsupported(String operator, Object left, Object right) {
    return ChatTemplateException.runtime(
        "unsupported operand type(s) for %s: '%s' and '%s'"
            .formatted(
                operator.equals("**") ? "** or pow()" : operator,
                Values.typeName(left),
                Values.typeName(right)));
  }
}
