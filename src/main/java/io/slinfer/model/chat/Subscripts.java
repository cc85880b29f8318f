package io.slinfer.model.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code value.name}, {@code value[index]} and {@code value[start:stop:step]}. */
final class Subscripts {

  private Subscripts() {}

  /** {@code value.name}: a method or attribute first, then an element of that key. */
  static Object attribute(Object value, String name) {
    return switch (value) {
      case Undefined undefined -> throw undefined.failure();
      case HasAttributes object -> object.attribute(name);
      case String text when StringMethods.has(name) -> StringMethods.bind(text, name);
      case Map<?, ?> map when CollectionMethods.isDictMethod(name) ->
          CollectionMethods.bindDict(map, name);
      case Map<?, ?> map when map.containsKey(name) -> map.get(name);
      case Tuple tuple when CollectionMethods.isListMethod(name) ->
          CollectionMethods.bindList(tuple.items(), name, "tuple");
      case Tuple tuple when tuple.names().contains(name) ->
          tuple.items().get(tuple.names().indexOf(name));
      case List<?> list when CollectionMethods.isListMethod(name) ->
          CollectionMethods.bindList(list, name, "list");
      case null, default ->
          new Undefined("'" + objectName(value) + "' has no attribute '" + name + "'");
    };
  }

  /** {@code value[index]}: an element first, then for texts an attribute of that name. */
  static Object item(Object value, Object index, Budget budget) {
    if (value instanceof Undefined undefined) {
      throw undefined.failure();
    }
    if (value instanceof Map<?, ?> map) {
      return mapItem(map, index);
    }
    if (index instanceof String name) {
      return attribute(value, name);
    }
    if (index instanceof Long || index instanceof Boolean) {
      long at = Numbers.big(index).longValue();
      switch (value) {
        case String text -> {
          budget.spendText(text.length());
          int length = CodePoints.length(text);
          long position = at < 0 ? at + length : at;
          if (position >= 0 && position < length) {
            return CodePoints.substring(text, (int) position, (int) position + 1);
          }
        }
        case null -> {}
        case Tuple tuple -> {
          return element(tuple.items(), at, value);
        }
        case List<?> list -> {
          return element(list, at, value);
        }
        case Range range -> {
          return element(range.items(), at, value);
        }
        default -> {}
      }
    }
    return new Undefined(objectName(value) + " has no element " + PythonText.repr(index, budget));
  }

  private static Object element(List<?> list, long index, Object owner) {
    long position = index < 0 ? index + list.size() : index;
    return position >= 0 && position < list.size()
        ? list.get((int) position)
        : new Undefined(objectName(owner) + " has no element " + index);
  }

  private static Object mapItem(Map<?, ?> map, Object index) {
    if (index instanceof List || index instanceof Map || index instanceof Undefined) {
      return new Undefined("dict object has no such element");
    }
    Object key = Values.key(index);
    if (map.containsKey(key)) {
      return map.get(key);
    }
    return index instanceof String name
        ? attribute(map, name)
        : new Undefined("dict object has no element " + key);
  }

  /** {@code value[start:stop:step]}; null bounds are the value's ends. */
  static Object slice(Object value, Object start, Object stop, Object step, Budget budget) {
    return switch (value) {
      case String text -> {
        if (step == null && CodePoints.length(text) == text.length()) {
          int from = bound(start, 0, text.length(), false);
          int to = bound(stop, text.length(), text.length(), false);
          budget.spendText(Math.max(0, to - from));
          yield from < to ? text.substring(from, to) : "";
        }
        StringBuilder out = new StringBuilder();
        slice(Values.elements(text, budget), start, stop, step).forEach(out::append);
        yield out.toString();
      }
      case Tuple tuple -> new Tuple(paid(slice(tuple.items(), start, stop, step), budget));
      case List<?> list -> paid(slice(list, start, stop, step), budget);
      case Range range -> paid(slice(range.items(), start, stop, step), budget);
      case Undefined undefined -> throw undefined.failure();
      case null, default ->
          throw ChatTemplateException.runtime(
              "'" + Values.typeName(value) + "' object is not subscriptable");
    };
  }

  private static List<Object> paid(List<Object> list, Budget budget) {
    budget.spendElements(list.size());
    return list;
  }

  private static List<Object> slice(List<?> list, Object start, Object stop, Object step) {
    int stride = step == null ? 1 : whole(step);
    if (stride == 0) {
      throw ChatTemplateException.runtime("slice step cannot be zero");
    }
    boolean down = stride < 0;
    int size = list.size();
    int from = bound(start, down ? size - 1 : 0, size, down);
    int to = bound(stop, down ? -1 : size, size, down);
    List<Object> slice = new ArrayList<>();
    for (long i = from; down ? i > to : i < to; i += stride) {
      slice.add(list.get((int) i));
    }
    return slice;
  }

  private static int bound(Object bound, int absent, int size, boolean down) {
    if (bound == null) {
      return absent;
    }
    long index = whole(bound);
    long position = index < 0 ? index + size : index;
    return down
        ? (int) Math.clamp(position, -1L, size - 1L)
        : (int) Math.clamp(position, 0L, (long) size);
  }

  private static int whole(Object bound) {
    if (bound instanceof Undefined undefined) {
      throw undefined.failure();
    }
    if (!Numbers.isInteger(bound)) {
      throw ChatTemplateException.runtime("slice indices must be integers or None");
    }
    return Arguments.of(bound).bind("slice", "index").integer(0, 0);
  }

  private static String objectName(Object value) {
    return value == null ? "None" : Values.typeName(value) + " object";
  }
}
