package io.slinfer.gateway.remote;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.function.Consumer;

/** Writes one message: numbers in as few bytes as they need, texts with their length before. */
final class WireOut {

  private static final int LOW_BITS = 0x7f;
  private static final int MORE = 0x80;

  private final Buffer buffer = Buffer.buffer();

  Buffer buffer() {
    return buffer;
  }

  /** A number that is rarely negative: seven bits a byte, the lowest first. */
  WireOut number(long value) {
    long rest = value;
    while ((rest & ~LOW_BITS) != 0) {
      buffer.appendByte((byte) (rest & LOW_BITS | MORE));
      rest >>>= 7;
    }
    buffer.appendByte((byte) rest);
    return this;
  }

  WireOut real(double value) {
    buffer.appendDouble(value);
    return this;
  }

  WireOut real(float value) {
    buffer.appendFloat(value);
    return this;
  }

  WireOut flag(boolean value) {
    buffer.appendByte((byte) (value ? 1 : 0));
    return this;
  }

  WireOut text(String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    number(utf8.length);
    buffer.appendBytes(utf8);
    return this;
  }

  /** A text that may be null. */
  WireOut maybe(String value) {
    flag(value != null);
    return value == null ? this : text(value);
  }

  WireOut numbers(int[] values) {
    number(values.length);
    for (int value : values) {
      number(value);
    }
    return this;
  }

  WireOut numbers(long[] values) {
    number(values.length);
    for (long value : values) {
      number(value);
    }
    return this;
  }

  WireOut reals(float[] values) {
    number(values.length);
    for (float value : values) {
      buffer.appendFloat(value);
    }
    return this;
  }

  <T> WireOut all(Collection<T> elements, Consumer<T> each) {
    number(elements.size());
    elements.forEach(each);
    return this;
  }
}
