package io.slinfer.request;

import java.util.Objects;

/** Names one device across the cluster, such as {@code node-1/cpu} or {@code node-2/gpu:0}. */
public record DeviceId(String value) implements Comparable<DeviceId> {

  public DeviceId {
    Objects.requireNonNull(value, "value");
  }

  @Override
  public int compareTo(DeviceId other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
