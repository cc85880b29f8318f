package io.slinfer.model.chat;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The one thing a template may change: attributes set by {@code set ns.name}. Confined to one
 * rendering.
 */
final class Namespace implements HasAttributes {

  private final Map<Object, Object> attributes = new LinkedHashMap<>();

  Namespace(Map<?, ?> attributes) {
    this.attributes.putAll(attributes);
  }

  @Override
  public Object attribute(String name) {
    return attributes.containsKey(name) ? attributes.get(name) : HasAttributes.missing(this, name);
  }

  @Override
  public String typeName() {
    return "Namespace";
  }

  void set(String name, Object value) {
    attributes.put(name, value);
  }

  Map<Object, Object> attributes() {
    return attributes;
  }
}
