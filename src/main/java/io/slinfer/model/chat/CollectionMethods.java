package io.slinfer.model.chat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The methods of lists, tuples and dicts that change nothing; those that would are refused. */
final class CollectionMethods {

  private static final Set<String> DICT =
      Set.of(
          "get",
          "items",
          "keys",
          "values",
          "copy",
          "clear",
          "pop",
          "popitem",
          "setdefault",
          "update");
  private static final Set<String> LIST =
      Set.of(
          "count", "index", "copy", "append", "clear", "extend", "insert", "pop", "remove",
          "reverse", "sort");

  private CollectionMethods() {}

  static boolean isDictMethod(String name) {
    return DICT.contains(name);
  }

  static boolean isListMethod(String name) {
    return LIST.contains(name);
  }

  /** The method as a value; undefined, with the reason, for one that would change the dict. */
  static Object bindDict(Map<?, ?> map, String name) {
    return switch (name) {
      case "get" ->
          (Callable)
              (arguments, budget) -> {
                Arguments.Bound bound = arguments.bind("get", "key", "default");
                Object key = Values.key(bound.required(0));
                return map.containsKey(key) ? map.get(key) : bound.at(1, null);
              };
      case "items" ->
          (Callable) (arguments, budget) -> new DictView("dict_items", items(map, budget));
      case "keys" ->
          (Callable) (arguments, budget) -> new DictView("dict_keys", Values.elements(map, budget));
      case "values" ->
          (Callable)
              (arguments, budget) -> {
                budget.spendElements(map.size());
                return new DictView("dict_values", new ArrayList<>(map.values()));
              };
      case "copy" ->
          (Callable)
              (arguments, budget) -> {
                budget.spendElements(map.size());
                return new LinkedHashMap<>(map);
              };
      default -> unsafe(name, "dict");
    };
  }

  /** The pairs of a dict as tuples. */
  static List<Object> items(Map<?, ?> map, Budget budget) {
    budget.spendElements(map.size());
    List<Object> items = new ArrayList<>(map.size());
    map.forEach((key, value) -> items.add(new Tuple(Arrays.asList(key, value))));
    return items;
  }

  /** The method as a value; undefined, with the reason, for one that would change the list. */
  static Object bindList(List<?> list, String name, String type) {
    return switch (name) {
      case "count" ->
          (Callable)
              (arguments, budget) -> {
                Object wanted = arguments.bind("count", "value").required(0);
                return list.stream()
                    .filter(element -> Comparisons.equal(element, wanted, budget))
                    .count();
              };
      case "index" -> (Callable) (arguments, budget) -> index(list, arguments, budget);
      case "copy" -> (Callable) (arguments, budget) -> list;
      default -> unsafe(name, type);
    };
  }

  private static Object index(List<?> list, Arguments arguments, Budget budget) {
    Object wanted = arguments.bind("index", "value").required(0);
    for (int i = 0; i < list.size(); i++) {
      if (Comparisons.equal(list.get(i), wanted, budget)) {
        return (long) i;
      }
    }
    throw ChatTemplateException.runtime(
        PythonText.repr(wanted, budget) + " is not in the sequence");
  }

  private static Undefined unsafe(String name, String type) {
    return new Undefined(
        "'" + name + "' of a " + type + " is not available: templates change no values");
  }
}
