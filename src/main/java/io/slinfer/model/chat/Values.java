package io.slinfer.model.chat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a template computes with, and what Python says of it: None is null, then Boolean, Long or
 * BigInteger, Double, String, List, {@link Tuple}, Map, {@link Range}, {@link DictView}, {@link
 * Lazy}, {@link Namespace}, {@link Undefined} and {@link Callable}s. None of them but a namespace
 * changes.
 */
final class Values {

  private static final int MAX_INPUT_DEPTH = 200;

  private Values() {}

  /** A caller's value as a template's: own copy, every whole number a Long, every real a Double. */
  static Object imported(Object value) {
    return imported(value, 0);
  }

  private static Object imported(Object value, int depth) {
    if (depth > MAX_INPUT_DEPTH) {
      throw ChatTemplateException.limit(
          "the input nests deeper than " + MAX_INPUT_DEPTH + " levels");
    }
    return switch (value) {
      case null -> null;
      case Boolean flag -> flag;
      case String text -> text;
      case Long number -> number;
      case Integer number -> number.longValue();
      case Short number -> number.longValue();
      case Byte number -> number.longValue();
      case Float number -> number.doubleValue();
      case Double number -> number;
      case BigInteger number -> Numbers.normal(number);
      case BigDecimal number -> number.doubleValue();
      case Map<?, ?> map -> {
        Map<Object, Object> copy = LinkedHashMap.newLinkedHashMap(map.size());
        map.forEach((key, element) -> copy.put(key, imported(element, depth + 1)));
        yield copy;
      }
      case List<?> list -> {
        List<Object> copy = new ArrayList<>(list.size());
        list.forEach(element -> copy.add(imported(element, depth + 1)));
        yield copy;
      }
      default ->
          throw new IllegalArgumentException(
              "a template variable of " + value.getClass().getName() + " is not supported");
    };
  }

  /** Python's name of the value's type. */
  static String typeName(Object value) {
    return switch (value) {
      case null -> "NoneType";
      case Boolean _ -> "bool";
      case Long _ -> "int";
      case BigInteger _ -> "int";
      case Double _ -> "float";
      case String _ -> "str";
      case Tuple _ -> "tuple";
      case List<?> _ -> "list";
      case Map<?, ?> _ -> "dict";
      case Range _ -> "range";
      case DictView view -> view.kind();
      case Lazy _ -> "generator";
      case Undefined _ -> "Undefined";
      case HasAttributes object -> object.typeName();
      default -> "function";
    };
  }

  static boolean truth(Object value) {
    return switch (value) {
      case null -> false;
      case Boolean flag -> flag;
      case Long number -> number != 0;
      case BigInteger number -> number.signum() != 0;
      case Double number -> number != 0;
      case String text -> !text.isEmpty();
      case Tuple tuple -> !tuple.items().isEmpty();
      case List<?> list -> !list.isEmpty();
      case Map<?, ?> map -> !map.isEmpty();
      case Range range -> range.length() > 0;
      case DictView view -> !view.items().isEmpty();
      case Undefined _ -> false;
      default -> true;
    };
  }

  /** Python's {@code len}. */
  static long length(Object value) {
    return switch (value) {
      case String text -> CodePoints.length(text);
      case Tuple tuple -> tuple.items().size();
      case List<?> list -> list.size();
      case Map<?, ?> map -> map.size();
      case Range range -> range.length();
      case DictView view -> view.items().size();
      case Undefined _ -> 0;
      case LoopState loop -> loop.length();
      case null, default ->
          throw ChatTemplateException.runtime(
              "object of type '" + typeName(value) + "' has no len()");
    };
  }

  /** What a loop over the value visits. */
  static List<Object> elements(Object value, Budget budget) {
    List<Object> elements =
        switch (value) {
          case String text -> {
            budget.spendElements(text.length());
            yield CodePoints.split(text);
          }
          case Tuple tuple -> tuple.items();
          case List<?> list -> asObjects(list);
          case Map<?, ?> map -> new ArrayList<>(map.keySet());
          case Range range -> range.items();
          case DictView view -> view.items();
          case Lazy lazy -> lazy.take();
          case Undefined _ -> List.of();
          case null, default ->
              throw ChatTemplateException.runtime(
                  "'" + typeName(value) + "' object is not iterable");
        };
    budget.spend(1 + elements.size());
    return elements;
  }

  /** The same list as one of objects: sound because nothing here writes to it. */
  @SuppressWarnings("unchecked")
  static List<Object> asObjects(List<?> list) {
    return (List<Object>) list;
  }

  static boolean isIterable(Object value) {
    return isSequence(value) || value instanceof DictView || value instanceof Lazy;
  }

  static boolean isSequence(Object value) {
    return value instanceof String
        || value instanceof List
        || value instanceof Tuple
        || value instanceof Map
        || value instanceof Range
        || value instanceof Undefined
        || value instanceof LoopState;
  }

  /** Python's {@code item in container}. */
  static boolean contains(Object container, Object item, Budget budget) {
    switch (container) {
      case String text -> {
        if (item instanceof Undefined undefined) {
          throw undefined.failure();
        }
        if (!(item instanceof String part)) {
          throw ChatTemplateException.runtime(
              "'in <string>' requires string as left operand, not " + typeName(item));
        }
        budget.spendText(text.length());
        return text.contains(part);
      }
      case Map<?, ?> map -> {
        return map.containsKey(key(item));
      }
      case null -> throw notContainer(container);
      case Object other when !isIterable(other) -> throw notContainer(container);
      default -> {
        for (Object element : elements(container, budget)) {
          if (Comparisons.equal(element, item, budget)) {
            return true;
          }
        }
        return false;
      }
    }
  }

  private static ChatTemplateException notContainer(Object container) {
    return ChatTemplateException.runtime(
        "argument of type '" + typeName(container) + "' is not iterable");
  }

  /** The value as a dict's key; lists and dicts cannot be keys. */
  static Object key(Object value) {
    if (value instanceof List || value instanceof Map) {
      throw ChatTemplateException.runtime("unhashable type: '" + typeName(value) + "'");
    }
    if (value instanceof Double number && number == Math.rint(number) && Math.abs(number) < 1e15) {
      return number.longValue();
    }
    return value;
  }
}
