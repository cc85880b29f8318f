package io.slinfer.model.chat;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** The values of one call: positional and named, each value as in {@link Values}. */
record Arguments(List<Object> positional, Map<String, Object> named) {

  static final Arguments NONE = new Arguments(List.of(), Map.of());

  static Arguments of(Object... positional) {
    return new Arguments(Arrays.asList(positional), Map.of());
  }

  /** The arguments in the order of a function's parameters; too many or unknown ones fail. */
  Bound bind(String function, String... parameters) {
    if (positional.size() > parameters.length) {
      throw ChatTemplateException.runtime(
          function
              + "() takes at most "
              + parameters.length
              + " arguments ("
              + positional.size()
              + " given)");
    }
    List<Object> values = new ArrayList<>(positional);
    while (values.size() < parameters.length) {
      values.add(Bound.ABSENT);
    }
    List<String> names = Arrays.asList(parameters);
    named.forEach(
        (name, value) -> {
          int index = names.indexOf(name);
          if (index < 0) {
            throw ChatTemplateException.runtime(
                function + "() got an unexpected keyword argument '" + name + "'");
          }
          if (index < positional.size()) {
            throw ChatTemplateException.runtime(
                function + "() got multiple values for argument '" + name + "'");
          }
          values.set(index, value);
        });
    return new Bound(function, names, values);
  }

  Arguments withoutFirst() {
    return new Arguments(positional.subList(1, positional.size()), named);
  }

  /** Arguments by parameter index. */
  record Bound(String function, List<String> parameters, List<Object> values) {

    private static final Object ABSENT = new Object();

    boolean has(int index) {
      return values.get(index) != ABSENT;
    }

    Object at(int index, Object fallback) {
      return has(index) ? values.get(index) : fallback;
    }

    Object required(int index) {
      if (!has(index)) {
        throw ChatTemplateException.runtime(
            function + "() missing required argument: '" + parameters.get(index) + "'");
      }
      return values.get(index);
    }

    boolean flag(int index, boolean fallback) {
      return has(index) ? Values.truth(values.get(index)) : fallback;
    }

    /** A text argument; None gives the fallback. */
    String text(int index, String fallback) {
      Object value = at(index, fallback);
      if (value == null) {
        return fallback;
      }
      if (value instanceof String text) {
        return text;
      }
      throw wrongType(index, value, "str");
    }

    String requiredText(int index) {
      Object value = required(index);
      if (value instanceof String text) {
        return text;
      }
      throw wrongType(index, value, "str");
    }

    /** A whole number that fits an int; larger ones are clamped. None gives the fallback. */
    int integer(int index, int fallback) {
      Object value = at(index, fallback);
      return switch (value) {
        case null -> fallback;
        case Integer number -> number;
        case Long number -> Math.clamp(number, Integer.MIN_VALUE, Integer.MAX_VALUE);
        case Boolean flag -> flag ? 1 : 0;
        case BigInteger big -> big.signum() < 0 ? Integer.MIN_VALUE : Integer.MAX_VALUE;
        default -> throw wrongType(index, value, "int");
      };
    }

    private ChatTemplateException wrongType(int index, Object value, String wanted) {
      if (value instanceof Undefined undefined) {
        return undefined.failure();
      }
      return ChatTemplateException.runtime(
          function
              + "() argument '"
              + parameters.get(index)
              + "' must be "
              + wanted
              + ", not "
              + Values.typeName(value));
    }
  }
}
