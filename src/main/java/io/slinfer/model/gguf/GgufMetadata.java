package io.slinfer.model.gguf;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * The key-value pairs of a file. Values are Long (all integer types; u64 above 2^63-1 is refused),
 * Double (f32, f64), Boolean, String, long[], double[], boolean[] or List of String (arrays).
 * Getters are lenient about absence and strict about kind: a key of another kind throws {@link
 * IllegalArgumentException} naming the key.
 */
public record GgufMetadata(Map<String, Object> values) {

  public GgufMetadata {
    values = Map.copyOf(values);
  }

  public boolean has(String key) {
    return values.containsKey(key);
  }

  public OptionalLong integer(String key) {
    Object value = values.get(key);
    return value == null ? OptionalLong.empty() : OptionalLong.of(as(Long.class, key, value));
  }

  /** A floating-point value; integers are accepted. */
  public OptionalDouble number(String key) {
    Object value = values.get(key);
    if (value == null) {
      return OptionalDouble.empty();
    }
    return OptionalDouble.of(value instanceof Long l ? l : as(Double.class, key, value));
  }

  public Optional<String> string(String key) {
    return optional(String.class, key);
  }

  public Optional<Boolean> bool(String key) {
    return optional(Boolean.class, key);
  }

  public Optional<long[]> integers(String key) {
    return optional(long[].class, key);
  }

  public Optional<double[]> numbers(String key) {
    return optional(double[].class, key);
  }

  public Optional<boolean[]> bools(String key) {
    return optional(boolean[].class, key);
  }

  @SuppressWarnings("unchecked")
  public Optional<List<String>> strings(String key) {
    return optional(List.class, key).map(list -> (List<String>) list);
  }

  private <T> Optional<T> optional(Class<T> kind, String key) {
    Object value = values.get(key);
    return value == null ? Optional.empty() : Optional.of(as(kind, key, value));
  }

  private static <T> T as(Class<T> kind, String key, Object value) {
    if (!kind.isInstance(value)) {
      throw new IllegalArgumentException(
          key + " is a " + value.getClass().getSimpleName() + "; expected " + kind.getSimpleName());
    }
    return kind.cast(value);
  }
}
