package io.slinfer.model.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * Reads a file's header front to back, never past its end. Goes through a window on the heap: a
 * vocabulary is hundreds of thousands of short strings, and heap bytes are cheap to read before the
 * compiler has warmed up. Confined to one thread.
 */
final class GgufCursor {

  private static final int WINDOW_BYTES = 1 << 16;

  private final Path path;
  private final MemorySegment bytes;
  private final byte[] window = new byte[WINDOW_BYTES];

  /** The file offset of the window's first byte. */
  private long windowStart;

  private int at;
  private int end;

  GgufCursor(Path path, MemorySegment bytes) {
    this.path = path;
    this.bytes = bytes;
  }

  /** Offset in bytes of what is read next. */
  long position() {
    return windowStart + at;
  }

  long remaining() {
    return bytes.byteSize() - position();
  }

  byte readByte(String field) throws GgufException {
    require(field, Byte.BYTES);
    return window[at++];
  }

  short readShort(String field) throws GgufException {
    require(field, Short.BYTES);
    int low = window[at] & 0xFF;
    int high = window[at + 1];
    at += Short.BYTES;
    return (short) (high << 8 | low);
  }

  int readInt(String field) throws GgufException {
    require(field, Integer.BYTES);
    return nextInt();
  }

  long readLong(String field) throws GgufException {
    require(field, Long.BYTES);
    long low = Integer.toUnsignedLong(nextInt());
    return (long) nextInt() << 32 | low;
  }

  private int nextInt() {
    int value =
        window[at] & 0xFF
            | (window[at + 1] & 0xFF) << 8
            | (window[at + 2] & 0xFF) << 16
            | window[at + 3] << 24;
    at += Integer.BYTES;
    return value;
  }

  /**
   * How many things follow, of at least {@code bytesEach} each.
   *
   * @param limit most that is allowed
   */
  int readCount(String field, long bytesEach, int limit) throws GgufException {
    long count = readLong(field);
    if (count < 0 || count > remaining() / bytesEach) {
      throw refuse(
          field, "count " + Long.toUnsignedString(count) + " is more than the file can hold");
    }
    if (count > limit) {
      throw refuse(field, "count " + count + " is too large; allowed: up to " + limit);
    }
    return (int) count;
  }

  /**
   * A string: its length in bytes, then UTF-8.
   *
   * @param limit most bytes allowed
   */
  String readString(String field, int limit) throws GgufException {
    int length = readCount(field, 1, limit);
    if (length > WINDOW_BYTES) {
      byte[] text = copy(position(), length);
      checkUtf8(field, text, 0, length);
      seek(position() + length);
      return new String(text, StandardCharsets.UTF_8);
    }
    require(field, length);
    checkUtf8(field, window, at, length);
    String text = new String(window, at, length, StandardCharsets.UTF_8);
    at += length;
    return text;
  }

  /**
   * Strings one after another.
   *
   * @param limit most bytes allowed for all together, with their lengths
   */
  List<String> readStrings(String field, int count, int limit) throws GgufException {
    int[] starts = new int[count];
    int[] lengths = new int[count];
    long first = position();
    for (int i = 0; i < count; i++) {
      lengths[i] = readCount(field, 1, limit);
      starts[i] = (int) (position() - first);
      skip(field, lengths[i]);
      if (position() - first > limit) {
        throw refuse(field, "its strings take more than " + limit + " bytes");
      }
    }
    return new StringTable(copy(first, (int) (position() - first)), starts, lengths);
  }

  /** Passes over a string, which must be UTF-8. */
  private void skip(String field, int length) throws GgufException {
    if (length > WINDOW_BYTES) {
      checkUtf8(field, copy(position(), length), 0, length);
      seek(position() + length);
    } else {
      require(field, length);
      checkUtf8(field, window, at, length);
      at += length;
    }
  }

  GgufException refuse(String field, String reason) {
    return new GgufException(path, field, reason);
  }

  private void checkUtf8(String field, byte[] text, int from, int length) throws GgufException {
    if (!Utf8.isValid(text, from, from + length)) {
      throw refuse(field, "is not valid UTF-8 text");
    }
  }

  private byte[] copy(long from, int length) {
    return bytes.asSlice(from, length).toArray(ValueLayout.JAVA_BYTE);
  }

  /** Brings the next {@code count} bytes into the window; at most its size. */
  private void require(String field, int count) throws GgufException {
    if (end - at >= count) {
      return;
    }
    if (remaining() < count) {
      throw refuse(field, "the file ends here (" + bytes.byteSize() + " bytes)");
    }
    seek(position());
  }

  private void seek(long position) {
    windowStart = position;
    at = 0;
    end = (int) Math.min(WINDOW_BYTES, bytes.byteSize() - position);
    MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, position, window, 0, end);
  }
}
