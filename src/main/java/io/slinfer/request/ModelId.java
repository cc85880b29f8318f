package io.slinfer.request;

import java.util.Objects;

/** Names a model as callers do, such as {@code demo-chat}; may hold slashes and colons. */
public record ModelId(String value) implements Comparable<ModelId> {

  public ModelId {
    Objects.requireNonNull(value, "value");
  }

  @Override
  public int compareTo(ModelId other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
