package io.slinfer.model.chat;

import java.util.HashMap;
import java.util.Map;

/** The filters of chat templates by name: Jinja's, less those that make HTML or are random. */
final class Filters {

  /** One filter: its input, its arguments, and what the rendering may still spend. */
  @FunctionalInterface
  interface Filter {
    Object apply(Object input, Arguments arguments, Budget budget);
  }

  private static final Map<String, Filter> ALL = all();

  private Filters() {}

  private static Map<String, Filter> all() {
    Map<String, Filter> filters = new HashMap<>();
    filters.putAll(TextFilters.all());
    filters.putAll(NumberFilters.all());
    filters.putAll(SequenceFilters.all());
    filters.putAll(SelectionFilters.all());
    filters.put("tojson", JsonText::write);
    filters.put("default", Filters::orDefault);
    filters.put("d", Filters::orDefault);
    filters.put("attr", Filters::attribute);
    return Map.copyOf(filters);
  }

  static boolean has(String name) {
    return ALL.containsKey(name);
  }

  static Object apply(String name, Object input, Arguments arguments, Budget budget) {
    Filter filter = ALL.get(name);
    if (filter == null) {
      throw ChatTemplateException.runtime("No filter named '" + name + "'.");
    }
    return filter.apply(input, arguments, budget);
  }

  private static Object orDefault(Object input, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("default", "default_value", "boolean");
    boolean missing = input instanceof Undefined || bound.flag(1, false) && !Values.truth(input);
    return missing ? bound.at(0, "") : input;
  }

  private static Object attribute(Object input, Arguments arguments, Budget budget) {
    String name = arguments.bind("attr", "name").requiredText(0);
    boolean element = input instanceof Map<?, ?> && !CollectionMethods.isDictMethod(name);
    return element
        ? new Undefined("'dict object' has no attribute '" + name + "'")
        : Subscripts.attribute(input, name);
  }
}
