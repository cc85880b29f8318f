package io.slinfer.gateway.remote;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Reads what {@link WireOut} wrote; refuses what is cut off or longer than the message. */
final class WireIn {

  private static final int MOST_SHIFT = 63;
  private static final int LOW_BITS = 0x7f;

  private final Buffer buffer;
  private int at;

  WireIn(Buffer buffer) {
    this.buffer = buffer;
  }

  long number() {
    long value = 0;
    for (int shift = 0; shift <= MOST_SHIFT; shift += 7) {
      byte next = buffer.getByte(take(1));
      value |= (long) (next & LOW_BITS) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new WireException("a number has no end at byte " + at);
  }

  int integer() {
    long value = number();
    if (value != (int) value) {
      throw new WireException(value + " is no 32-bit number, before byte " + at);
    }
    return (int) value;
  }

  double real() {
    return buffer.getDouble(take(Double.BYTES));
  }

  float shortReal() {
    return buffer.getFloat(take(Float.BYTES));
  }

  boolean flag() {
    return buffer.getByte(take(1)) != 0;
  }

  String text() {
    int length = count(1);
    return new String(buffer.getBytes(take(length), at), StandardCharsets.UTF_8);
  }

  String maybe() {
    return flag() ? text() : null;
  }

  int[] integers() {
    int[] values = new int[count(1)];
    for (int i = 0; i < values.length; i++) {
      values[i] = integer();
    }
    return values;
  }

  long[] numbers() {
    long[] values = new long[count(1)];
    for (int i = 0; i < values.length; i++) {
      values[i] = number();
    }
    return values;
  }

  float[] reals() {
    float[] values = new float[count(Float.BYTES)];
    for (int i = 0; i < values.length; i++) {
      values[i] = shortReal();
    }
    return values;
  }

  <T> List<T> all(Supplier<T> each) {
    int count = count(1);
    List<T> elements = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      elements.add(each.get());
    }
    return elements;
  }

  /** The bytes that are left. */
  byte[] rest() {
    return buffer.getBytes(take(buffer.length() - at), at);
  }

  /** Nothing may follow. */
  void end() {
    if (at != buffer.length()) {
      throw new WireException(buffer.length() - at + " bytes too many");
    }
  }

  /** A count of elements of at least so many bytes each, which must be there. */
  private int count(int elementBytes) {
    long count = number();
    if (count < 0 || count > (buffer.length() - at) / elementBytes) {
      throw new WireException(count + " elements cannot follow byte " + at);
    }
    return (int) count;
  }

  private int take(int bytes) {
    if (bytes > buffer.length() - at) {
      throw new WireException("the message ends at byte " + buffer.length());
    }
    int from = at;
    at += bytes;
    return from;
  }
}
