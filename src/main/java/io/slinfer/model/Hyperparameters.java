package io.slinfer.model;

import io.slinfer.model.gguf.GgufMetadata;

/**
 * The metadata keys of one family, {@code FAMILY.key}, read with bounds: a missing, mistyped or
 * absurd value is an {@link UnservableModelException} naming the key and what is allowed.
 */
final class Hyperparameters {

  private final GgufMetadata metadata;
  private final String prefix;

  Hyperparameters(GgufMetadata metadata, Family family) {
    this.metadata = metadata;
    this.prefix = family.key() + ".";
  }

  boolean has(String key) {
    return metadata.has(prefix + key);
  }

  /** A whole number that must be there, from {@code least} to {@code most}. */
  int integer(String key, int least, int most) throws UnservableModelException {
    if (!has(key)) {
      throw new UnservableModelException("metadata key " + prefix + key + " is missing");
    }
    return integer(key, least, most, 0);
  }

  /**
   * A whole number, or {@code otherwise} if it is not there. An array (one number a layer) counts
   * as a number if all are equal.
   */
  int integer(String key, int least, int most, int otherwise) throws UnservableModelException {
    Object value = metadata.values().get(prefix + key);
    return switch (value) {
      case null -> otherwise;
      case Long number -> bounded(key, number, least, most);
      case long[] numbers when numbers.length > 0 -> {
        for (long number : numbers) {
          if (number != numbers[0]) {
            throw new UnservableModelException(
                prefix + key + " differs from layer to layer, which is not supported");
          }
        }
        yield bounded(key, numbers[0], least, most);
      }
      default -> throw mistyped(key, "a whole number");
    };
  }

  /** A finite number, or {@code otherwise} if it is not there. */
  double number(String key, double otherwise) throws UnservableModelException {
    Object value = metadata.values().get(prefix + key);
    double number =
        switch (value) {
          case null -> otherwise;
          case Double d -> d;
          case Long l -> l;
          default -> throw mistyped(key, "a number");
        };
    if (!Double.isFinite(number)) {
      throw new UnservableModelException(prefix + key + " is " + number);
    }
    return number;
  }

  /** A finite number above 0, or {@code otherwise} if it is not there. */
  double positive(String key, double otherwise) throws UnservableModelException {
    double number = number(key, otherwise);
    if (number <= 0) {
      throw new UnservableModelException(prefix + key + " is " + number + "; allowed: above 0");
    }
    return number;
  }

  /** A truth value, or {@code otherwise} if it is not there. */
  boolean flag(String key, boolean otherwise) throws UnservableModelException {
    Object value = metadata.values().get(prefix + key);
    return switch (value) {
      case null -> otherwise;
      case Boolean b -> b;
      default -> throw mistyped(key, "true or false");
    };
  }

  /** A text, or {@code otherwise} if it is not there. */
  String text(String key, String otherwise) throws UnservableModelException {
    Object value = metadata.values().get(prefix + key);
    return switch (value) {
      case null -> otherwise;
      case String s -> s;
      default -> throw mistyped(key, "a text");
    };
  }

  /**
   * Which layers have a sliding window, from {@code attention.sliding_window_pattern}: one flag a
   * layer, or a period whose last layer has none; null if the file does not say.
   */
  boolean[] slidingLayers(int layers) throws UnservableModelException {
    String key = "attention.sliding_window_pattern";
    Object value = metadata.values().get(prefix + key);
    boolean[] slides =
        switch (value) {
          case null -> null;
          case Long period -> everyLayerBut(bounded(key, period, 0, 1 << 16), layers);
          case boolean[] flags -> flags.clone();
          case long[] numbers -> {
            boolean[] flags = new boolean[numbers.length];
            for (int i = 0; i < flags.length; i++) {
              flags[i] = numbers[i] != 0;
            }
            yield flags;
          }
          default -> throw mistyped(key, "a period or one flag a layer");
        };
    if (slides != null && slides.length != layers) {
      throw new UnservableModelException(
          prefix + key + " has " + slides.length + " flags for " + layers + " layers");
    }
    return slides;
  }

  /** True for every layer but each {@code period}-th; period 0 spares none. */
  static boolean[] everyLayerBut(int period, int layers) {
    boolean[] flags = new boolean[layers];
    for (int i = 0; i < layers; i++) {
      flags[i] = period == 0 || (i + 1) % period != 0;
    }
    return flags;
  }

  private int bounded(String key, long value, int least, int most) throws UnservableModelException {
    if (value < least || value > most) {
      throw new UnservableModelException(
          prefix + key + " is " + value + "; allowed: " + least + " to " + most);
    }
    return (int) value;
  }

  private UnservableModelException mistyped(String key, String expected) {
    return new UnservableModelException(prefix + key + " is not " + expected);
  }
}
