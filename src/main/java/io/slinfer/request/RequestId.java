package io.slinfer.request;

import java.util.Objects;

/** Names one request across the cluster; also the public {@code x-request-id}. */
public record RequestId(String value) implements Comparable<RequestId> {

  public RequestId {
    Objects.requireNonNull(value, "value");
  }

  @Override
  public int compareTo(RequestId other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
