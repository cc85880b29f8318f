package io.slinfer.request;

import java.util.Objects;

/**
 * Names one instance: a model on a device and which loading of it, such as {@code
 * node-1/cpu/demo-chat#3}.
 */
public record InstanceId(String value) implements Comparable<InstanceId> {

  public InstanceId {
    Objects.requireNonNull(value, "value");
  }

  @Override
  public int compareTo(InstanceId other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
