package io.slinfer.model.gguf;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * The key-value pairs of a file, in its order. Values are Long (all integer types; BigInteger for a
 * u64 above 2^63-1), Double (f32, f64), Boolean, String; of arrays long[], double[], boolean[],
 * List of String, or for arrays of arrays List of those. Arrays must not be changed. Getters are
 * lenient about absence and strict about kind: a key of another kind throws {@link
 * IllegalArgumentException} naming the key.
 */
public record GgufMetadata(Map<String, Object> values) {

  public GgufMetadata {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
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

  public Optional<List<String>> strings(String key) {
    return optional(List.class, key).map(list -> stringsOnly(key, list));
  }

  @SuppressWarnings("unchecked") // every element was looked at
  private static List<String> stringsOnly(String key, List<?> list) {
    if (list instanceof StringTable table) {
      return table;
    }
    if (!list.stream().allMatch(String.class::isInstance)) {
      throw new IllegalArgumentException(key + " holds arrays; expected strings");
    }
    return (List<String>) list;
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
