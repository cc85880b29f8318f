package io.slinfer.model.chat;

import java.time.LocalDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The functions that every template sees. */
final class Globals {

  private Globals() {}

  static Scope scope(LocalDateTime now) {
    Scope scope = new Scope(null);
    scope.set("range", (Callable) (arguments, budget) -> range(arguments));
    scope.set("dict", (Callable) Globals::dict);
    scope.set(
        "namespace", (Callable) (arguments, budget) -> new Namespace(dict(arguments, budget)));
    scope.set("cycler", (Callable) (arguments, budget) -> new Cycler(arguments.positional()));
    scope.set("joiner", (Callable) (arguments, budget) -> joiner(arguments));
    scope.set("raise_exception", (Callable) Globals::raise);
    scope.set(
        "strftime_now",
        (Callable)
            (arguments, budget) ->
                Strftime.format(now, arguments.bind("strftime_now", "format").requiredText(0)));
    return scope;
  }

  private static Object raise(Arguments arguments, Budget budget) {
    Object message = arguments.bind("raise_exception", "message").required(0);
    throw new ChatTemplateException(
        ChatTemplateException.Kind.RAISED, PythonText.str(message, budget));
  }

  private static Range range(Arguments arguments) {
    Arguments.Bound bound = arguments.bind("range", "start", "stop", "step");
    bound.required(0);
    int first = bound.integer(0, 0);
    return bound.has(1)
        ? new Range(first, bound.integer(1, 0), bound.integer(2, 1))
        : new Range(0, first, 1);
  }

  private static Map<Object, Object> dict(Arguments arguments, Budget budget) {
    Map<Object, Object> dict = new LinkedHashMap<>();
    Object source =
        new Arguments(arguments.positional(), Map.of()).bind("dict", "mapping").at(0, Map.of());
    if (source instanceof Map<?, ?> map) {
      budget.spendElements(map.size());
      dict.putAll(map);
    } else {
      for (Object pair : Values.elements(source, budget)) {
        List<Object> items = Values.elements(pair, budget);
        if (items.size() != 2) {
          throw ChatTemplateException.runtime("dict() needs pairs of key and value");
        }
        dict.put(Values.key(items.getFirst()), items.getLast());
      }
    }
    dict.putAll(arguments.named());
    return dict;
  }

  private static Callable joiner(Arguments arguments) {
    Object separator = arguments.bind("joiner", "sep").at(0, ", ");
    boolean[] used = new boolean[1];
    return (none, budget) -> {
      Object text = used[0] ? separator : "";
      used[0] = true;
      return text;
    };
  }

  /** Goes round its values by {@code next()}. Confined to one rendering. */
  private static final class Cycler implements HasAttributes {

    private final List<Object> values;
    private int position;

    Cycler(List<Object> values) {
      if (values.isEmpty()) {
        throw ChatTemplateException.runtime("at least one item has to be provided");
      }
      this.values = values;
    }

    @Override
    public Object attribute(String name) {
      return switch (name) {
        case "current" -> values.get(position);
        case "next" ->
            (Callable)
                (arguments, budget) -> {
                  Object value = values.get(position);
                  position = (position + 1) % values.size();
                  return value;
                };
        case "reset" ->
            (Callable)
                (arguments, budget) -> {
                  position = 0;
                  return null;
                };
        default -> HasAttributes.missing(this, name);
      };
    }

    @Override
    public String typeName() {
      return "Cycler";
    }
  }
}
