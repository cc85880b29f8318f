package io.slinfer.model.chat;

import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Python's equality and order of values. */
final class Comparisons {

  private Comparisons() {}

  static boolean equal(Object left, Object right, Budget budget) {
    if (Numbers.isNumber(left) && Numbers.isNumber(right)) {
      return Numbers.equal(left, right);
    }
    budget.enter();
    try {
      return switch (left) {
        case null -> right == null;
        case String text -> right instanceof String other && text.equals(other);
        case Tuple tuple ->
            right instanceof Tuple other && equalLists(tuple.items(), other.items(), budget);
        case List<?> list -> right instanceof List<?> other && equalLists(list, other, budget);
        case Map<?, ?> map -> right instanceof Map<?, ?> other && equalMaps(map, other, budget);
        case Undefined _ -> right instanceof Undefined;
        case Range range -> right instanceof Range other && range.items().equals(other.items());
        default -> left == right;
      };
    } finally {
      budget.leave();
    }
  }

  private static boolean equalLists(List<?> left, List<?> right, Budget budget) {
    if (left.size() != right.size()) {
      return false;
    }
    Iterator<?> others = right.iterator();
    for (Object element : left) {
      if (!equal(element, others.next(), budget)) {
        return false;
      }
    }
    return true;
  }

  private static boolean equalMaps(Map<?, ?> left, Map<?, ?> right, Budget budget) {
    if (left.size() != right.size()) {
      return false;
    }
    for (Map.Entry<?, ?> entry : left.entrySet()) {
      if (!right.containsKey(entry.getKey())
          || !equal(entry.getValue(), right.get(entry.getKey()), budget)) {
        return false;
      }
    }
    return true;
  }

  /** Negative, zero or positive as left is smaller, equal or larger; unordered types fail. */
  static int compare(Object left, Object right, String operator, Budget budget) {
    if (Numbers.isNumber(left) && Numbers.isNumber(right)) {
      return Numbers.compare(left, right);
    }
    if (left instanceof String text && right instanceof String other) {
      return compareTexts(text, other);
    }
    if (left instanceof List<?> list && right instanceof List<?> other) {
      return compareLists(list, other, operator, budget);
    }
    if (left instanceof Tuple tuple && right instanceof Tuple other) {
      return compareLists(tuple.items(), other.items(), operator, budget);
    }
    if (left instanceof Undefined undefined) {
      throw undefined.failure();
    }
    if (right instanceof Undefined undefined) {
      throw undefined.failure();
    }
    throw ChatTemplateException.runtime(
        "'"
            + operator
            + "' not supported between instances of '"
            + Values.typeName(left)
            + "' and '"
            + Values.typeName(right)
            + "'");
  }

  /** By code points, which for surrogates is not the order of UTF-16 units. */
  private static int compareTexts(String left, String right) {
    int shared = Math.min(left.length(), right.length());
    for (int i = 0; i < shared; i++) {
      char a = left.charAt(i);
      char b = right.charAt(i);
      if (a != b) {
        boolean both = Character.isSurrogate(a) == Character.isSurrogate(b);
        return both ? Character.compare(a, b) : Character.isSurrogate(a) ? 1 : -1;
      }
    }
    return Integer.compare(left.length(), right.length());
  }

  private static int compareLists(List<?> left, List<?> right, String operator, Budget budget) {
    budget.enter();
    try {
      int shared = Math.min(left.size(), right.size());
      for (int i = 0; i < shared; i++) {
        if (!equal(left.get(i), right.get(i), budget)) {
          return compare(left.get(i), right.get(i), operator, budget);
        }
      }
      return Integer.compare(left.size(), right.size());
    } finally {
      budget.leave();
    }
  }
}
