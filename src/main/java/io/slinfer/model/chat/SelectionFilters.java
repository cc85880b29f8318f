package io.slinfer.model.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** map, select, reject and their attribute forms. */
final class SelectionFilters {

  private SelectionFilters() {}

  static Map<String, Filters.Filter> all() {
    return Map.of(
        "map", (value, arguments, budget) -> new Lazy(() -> map(value, arguments, budget)),
        "select",
            (value, arguments, budget) -> new Lazy(() -> select(value, arguments, true, budget)),
        "reject",
            (value, arguments, budget) -> new Lazy(() -> select(value, arguments, false, budget)),
        "selectattr",
            (value, arguments, budget) ->
                new Lazy(() -> selectByAttribute(value, arguments, true, budget)),
        "rejectattr",
            (value, arguments, budget) ->
                new Lazy(() -> selectByAttribute(value, arguments, false, budget)));
  }

  /** An element's attribute by a dotted path or a position, keys before methods. */
  static Object path(Object element, Object path, Budget budget) {
    if (!(path instanceof String text)) {
      return Subscripts.item(element, path, budget);
    }
    Object value = element;
    for (String part : text.split("\\.", -1)) {
      boolean position = !part.isEmpty() && part.chars().allMatch(c -> c >= '0' && c <= '9');
      value =
          Subscripts.item(value, position ? (Object) (long) NumberFormat.size(part) : part, budget);
    }
    return value;
  }

  private static List<Object> map(Object value, Arguments arguments, Budget budget) {
    List<Object> mapped = new ArrayList<>();
    if (arguments.positional().isEmpty()) {
      Arguments.Bound bound =
          new Arguments(List.of(), arguments.named()).bind("map", "attribute", "default");
      Object attribute = bound.required(0);
      for (Object element : Values.elements(value, budget)) {
        Object found = path(element, attribute, budget);
        mapped.add(found instanceof Undefined ? bound.at(1, found) : found);
      }
    } else {
      String filter = firstText(arguments, "map");
      for (Object element : Values.elements(value, budget)) {
        mapped.add(Filters.apply(filter, element, arguments.withoutFirst(), budget));
      }
    }
    return mapped;
  }

  private static String firstText(Arguments arguments, String filter) {
    return new Arguments(arguments.positional().subList(0, 1), Map.of())
        .bind(filter, "name")
        .requiredText(0);
  }

  private static List<Object> select(
      Object value, Arguments arguments, boolean wanted, Budget budget) {
    List<Object> selected = new ArrayList<>();
    for (Object element : Values.elements(value, budget)) {
      if (passes(element, arguments, budget) == wanted) {
        selected.add(element);
      }
    }
    return selected;
  }

  private static List<Object> selectByAttribute(
      Object value, Arguments arguments, boolean wanted, Budget budget) {
    if (arguments.positional().isEmpty()) {
      throw ChatTemplateException.runtime("Missing parameter for attribute name");
    }
    Object attribute = arguments.positional().getFirst();
    List<Object> selected = new ArrayList<>();
    for (Object element : Values.elements(value, budget)) {
      Object found = path(element, attribute, budget);
      if (passes(found, arguments.withoutFirst(), budget) == wanted) {
        selected.add(element);
      }
    }
    return selected;
  }

  private static boolean passes(Object value, Arguments arguments, Budget budget) {
    return arguments.positional().isEmpty()
        ? Values.truth(value)
        : Tests.apply(firstText(arguments, "select"), value, arguments.withoutFirst(), budget);
  }
}
