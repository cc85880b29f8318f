package io.slinfer.model.chat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Filters on sequences and dicts as a whole. */
final class SequenceFilters {

  private SequenceFilters() {}

  static Map<String, Filters.Filter> all() {
    return Map.ofEntries(
        Map.entry(
            "list", (value, arguments, budget) -> new ArrayList<>(Values.elements(value, budget))),
        Map.entry("first", (value, arguments, budget) -> first(value, budget)),
        Map.entry("last", (value, arguments, budget) -> last(value, budget)),
        Map.entry("reverse", (value, arguments, budget) -> reversed(value, budget)),
        Map.entry("sort", SequenceFilters::sort),
        Map.entry(
            "unique",
            (value, arguments, budget) -> new Lazy(() -> unique(value, arguments, budget))),
        Map.entry("min", (value, arguments, budget) -> extreme(value, arguments, -1, budget)),
        Map.entry("max", (value, arguments, budget) -> extreme(value, arguments, 1, budget)),
        Map.entry("sum", SequenceFilters::sum),
        Map.entry(
            "batch", (value, arguments, budget) -> new Lazy(() -> batch(value, arguments, budget))),
        Map.entry(
            "slice", (value, arguments, budget) -> new Lazy(() -> slice(value, arguments, budget))),
        Map.entry("groupby", SequenceFilters::groupBy),
        Map.entry("items", (value, arguments, budget) -> new Lazy(() -> items(value, budget))),
        Map.entry("dictsort", SequenceFilters::dictSort));
  }

  private static Object first(Object value, Budget budget) {
    if (value instanceof Lazy lazy) {
      return lazy.takeFirst();
    }
    List<Object> elements = Values.elements(value, budget);
    return elements.isEmpty()
        ? new Undefined("No first item, sequence was empty.")
        : elements.getFirst();
  }

  private static Object last(Object value, Budget budget) {
    if (value instanceof Lazy) {
      throw ChatTemplateException.runtime("'generator' object is not reversible");
    }
    List<Object> elements = Values.elements(value, budget);
    return elements.isEmpty()
        ? new Undefined("No last item, sequence was empty.")
        : elements.getLast();
  }

  private static Object reversed(Object value, Budget budget) {
    if (value instanceof String text) {
      budget.spendText(text.length());
      return new StringBuilder(text).reverse().toString();
    }
    if (!Values.isIterable(value)) {
      throw ChatTemplateException.runtime("argument must be iterable");
    }
    List<Object> elements = new ArrayList<>(Values.elements(value, budget));
    Collections.reverse(elements);
    return new Lazy(() -> elements);
  }

  /** What an element is ordered or compared by. */
  private static Object key(
      Object element, Object attribute, boolean caseSensitive, Budget budget) {
    Object key = attribute == null ? element : SelectionFilters.path(element, attribute, budget);
    return !caseSensitive && key instanceof String text ? text.toLowerCase(Locale.ROOT) : key;
  }

  private static Comparator<Object> order(Object attribute, boolean caseSensitive, Budget budget) {
    return (a, b) -> {
      budget.spend(1);
      Object left = sortKey(a, attribute, caseSensitive, budget);
      Object right = sortKey(b, attribute, caseSensitive, budget);
      return Comparisons.compare(left, right, "<", budget);
    };
  }

  /** Several attributes, parted by commas, make a list of keys. */
  private static Object sortKey(
      Object element, Object attribute, boolean caseSensitive, Budget budget) {
    if (!(attribute instanceof String names) || names.indexOf(',') < 0) {
      return key(element, attribute, caseSensitive, budget);
    }
    List<Object> keys = new ArrayList<>();
    for (String name : names.split(",", -1)) {
      keys.add(key(element, name, caseSensitive, budget));
    }
    return keys;
  }

  private static List<Object> sorted(
      List<Object> elements, Comparator<Object> order, boolean reverse) {
    List<Object> sorted = new ArrayList<>(elements);
    sorted.sort(reverse ? order.reversed() : order);
    return sorted;
  }

  private static Object sort(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("sort", "reverse", "case_sensitive", "attribute");
    return sorted(
        Values.elements(value, budget),
        order(bound.at(2, null), bound.flag(1, false), budget),
        bound.flag(0, false));
  }

  private static List<Object> unique(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("unique", "case_sensitive", "attribute");
    List<Object> seen = new ArrayList<>();
    List<Object> unique = new ArrayList<>();
    for (Object element : Values.elements(value, budget)) {
      Object key = key(element, bound.at(1, null), bound.flag(0, false), budget);
      if (!Values.contains(seen, key, budget)) {
        seen.add(key);
        unique.add(element);
      }
    }
    return unique;
  }

  private static Object extreme(Object value, Arguments arguments, int sign, Budget budget) {
    Arguments.Bound bound = arguments.bind(sign < 0 ? "min" : "max", "case_sensitive", "attribute");
    Comparator<Object> order = order(bound.at(1, null), bound.flag(0, false), budget);
    List<Object> elements = Values.elements(value, budget);
    if (elements.isEmpty()) {
      return new Undefined("No aggregated item, sequence was empty.");
    }
    Object best = elements.getFirst();
    for (Object element : elements) {
      best = order.compare(element, best) * sign > 0 ? element : best;
    }
    return best;
  }

  private static Object sum(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("sum", "attribute", "start");
    Object attribute = bound.at(0, null);
    Object sum = bound.at(1, 0L);
    if (sum instanceof String) {
      throw ChatTemplateException.runtime("sum() can't sum strings [use ''.join(seq) instead]");
    }
    for (Object element : Values.elements(value, budget)) {
      Object term = attribute == null ? element : SelectionFilters.path(element, attribute, budget);
      sum = Operators.add(sum, term, budget);
    }
    return sum;
  }

  private static List<Object> batch(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("batch", "linecount", "fill_with");
    bound.required(0);
    int size = bound.integer(0, 1);
    List<Object> elements = Values.elements(value, budget);
    List<Object> batches = new ArrayList<>();
    // Without a positive size no batch ever fills, so there is one with everything.
    int step = size < 1 ? Math.max(1, elements.size()) : size;
    for (int i = 0; i < elements.size(); i += step) {
      int end = (int) Math.min(elements.size(), (long) i + step);
      batches.add(filled(elements.subList(i, end), size, bound.at(1, null), budget));
    }
    return batches;
  }

  private static List<Object> filled(
      List<Object> elements, int size, Object filler, Budget budget) {
    List<Object> filled = new ArrayList<>(elements);
    if (filler != null && filled.size() < size) {
      budget.spendElements(size);
      filled.addAll(Collections.nCopies(size - filled.size(), filler));
    }
    return filled;
  }

  private static List<Object> slice(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("slice", "slices", "fill_with");
    bound.required(0);
    int count = bound.integer(0, 1);
    if (count < 1) {
      throw ChatTemplateException.runtime("slice() needs at least one slice");
    }
    budget.spendElements(count);
    List<Object> elements = Values.elements(value, budget);
    int each = elements.size() / count;
    int longer = elements.size() % count;
    List<Object> slices = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < count; i++) {
      int end = start + each + (i < longer ? 1 : 0);
      List<Object> slice = new ArrayList<>(elements.subList(start, end));
      if (bound.at(1, null) != null && i >= longer) {
        slice.add(bound.at(1, null));
      }
      slices.add(slice);
      start = end;
    }
    return slices;
  }

  private static Object groupBy(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("groupby", "attribute", "default", "case_sensitive");
    Object attribute = bound.required(0);
    Object fallback = bound.at(1, null);
    boolean caseSensitive = bound.flag(2, false);
    List<Object> keyed = new ArrayList<>();
    for (Object element : Values.elements(value, budget)) {
      Object key = SelectionFilters.path(element, attribute, budget);
      keyed.add(
          Arrays.asList(key instanceof Undefined && fallback != null ? fallback : key, element));
    }
    Comparator<Object> order =
        (a, b) ->
            order(null, caseSensitive, budget)
                .compare(((List<?>) a).getFirst(), ((List<?>) b).getFirst());
    List<Object> groups = new ArrayList<>();
    List<Object> members = null;
    Object previous = null;
    for (Object pair : sorted(keyed, order, false)) {
      if (members == null || order.compare(previous, pair) != 0) {
        members = new ArrayList<>();
        groups.add(
            new Tuple(
                Arrays.asList(((List<?>) pair).getFirst(), members), List.of("grouper", "list")));
      }
      members.add(((List<?>) pair).getLast());
      previous = pair;
    }
    return groups;
  }

  private static List<Object> items(Object value, Budget budget) {
    return switch (value) {
      case Undefined _ -> List.of();
      case Map<?, ?> map -> CollectionMethods.items(map, budget);
      case null, default ->
          throw ChatTemplateException.runtime("Can only get item pairs from a mapping.");
    };
  }

  private static Object dictSort(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("dictsort", "case_sensitive", "by", "reverse");
    if (value instanceof Undefined undefined) {
      throw undefined.failure();
    }
    if (!(value instanceof Map<?, ?> map)) {
      throw ChatTemplateException.runtime("dictsort() needs a mapping");
    }
    Object position =
        switch (bound.text(1, "key")) {
          case "key" -> 0L;
          case "value" -> 1L;
          default -> throw ChatTemplateException.runtime("by must be key or value");
        };
    return sorted(
        CollectionMethods.items(map, budget),
        order(position, bound.flag(0, false), budget),
        bound.flag(2, false));
  }
}
