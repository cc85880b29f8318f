package io.slinfer.model.chat;

import java.util.HashMap;
import java.util.Map;

/** The names that a part of a template sees: its own, then those around it. */
final class Scope {

  private final Scope outer;
  private final Map<String, Object> names = new HashMap<>();

  Scope(Scope outer) {
    this.outer = outer;
  }

  Object get(String name) {
    for (Scope scope = this; scope != null; scope = scope.outer) {
      Object value = scope.names.get(name);
      if (value != null || scope.names.containsKey(name)) {
        return value;
      }
    }
    return new Undefined("'" + name + "' is undefined");
  }

  void set(String name, Object value) {
    names.put(name, value);
  }
}
