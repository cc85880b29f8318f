package io.slinfer.model.chat;

import io.slinfer.model.chat.Statement.MacroDefinition;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A macro, or the body of a call block, as a value. */
record Macro(MacroDefinition definition, Callable body) implements Callable, HasAttributes {

  @Override
  public Object call(Arguments arguments, Budget budget) {
    return body.call(arguments, budget);
  }

  @Override
  public Object attribute(String name) {
    return switch (name) {
      case "name" -> definition.name();
      case "arguments" -> new Tuple(List.copyOf(definition.parameters()));
      case "catch_kwargs" -> definition.specials().contains("kwargs");
      case "catch_varargs" -> definition.specials().contains("varargs");
      case "caller" -> definition.specials().contains("caller");
      default -> HasAttributes.missing(this, name);
    };
  }

  @Override
  public String typeName() {
    return "Macro";
  }

  /** Sets varargs, kwargs and caller where the macro uses them, and refuses what is left over. */
  static void bindSpecials(MacroDefinition macro, Arguments arguments, Scope scope) {
    List<String> parameters = macro.parameters();
    int given = arguments.positional().size();
    int taken = Math.min(given, parameters.size());
    Map<String, Object> left = new LinkedHashMap<>(arguments.named());
    for (int i = 0; i < parameters.size(); i++) {
      boolean named = left.containsKey(parameters.get(i));
      left.remove(parameters.get(i));
      if (named && i < taken) {
        throw ChatTemplateException.runtime(
            "macro '%s' got multiple values for argument '%s'"
                .formatted(macro.name(), parameters.get(i)));
      }
    }
    if (macro.specials().contains("caller")) {
      Object caller = left.remove("caller");
      scope.set("caller", caller == null ? new Undefined("No caller defined") : caller);
    }
    if (macro.specials().contains("kwargs")) {
      scope.set("kwargs", left);
    } else if (!left.isEmpty()) {
      throw ChatTemplateException.runtime(
          "macro '%s' takes no keyword argument '%s'"
              .formatted(macro.name(), left.keySet().iterator().next()));
    }
    if (macro.specials().contains("varargs")) {
      scope.set("varargs", new Tuple(arguments.positional().subList(taken, given)));
    } else if (given > parameters.size()) {
      throw ChatTemplateException.runtime(
          "macro '%s' takes not more than %d argument(s)"
              .formatted(macro.name(), parameters.size()));
    }
  }
}
