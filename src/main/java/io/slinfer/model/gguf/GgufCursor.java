package io.slinfer.model.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Reads a file's header front to back, never past its end. Goes through a window on the heap: a
 * vocabulary is hundreds of thousands of short strings, and heap bytes are cheap to read before the
 * compiler has warmed up. Confined to one thread.
 */
final class GgufCursor {

  private static final int WINDOW_BYTES = 1 << 16;

  private final Path path;
  private final MemorySegment bytes;
  private final ByteBuffer window =
      ByteBuffer.allocate(WINDOW_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private long windowStart;

  GgufCursor(Path path, MemorySegment bytes) {
    this.path = path;
    this.bytes = bytes;
    window.limit(0);
  }

  /** Offset in bytes of what is read next. */
  long position() {
    return windowStart + window.position();
  }

  long remaining() {
    return bytes.byteSize() - position();
  }

  byte readByte(String field) throws GgufException {
    require(field, Byte.BYTES);
    return window.get();
  }

  short readShort(String field) throws GgufException {
    require(field, Short.BYTES);
    return window.getShort();
  }

  int readInt(String field) throws GgufException {
    require(field, Integer.BYTES);
    return window.getInt();
  }

  long readLong(String field) throws GgufException {
    require(field, Long.BYTES);
    return window.getLong();
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
    String text;
    if (length <= WINDOW_BYTES) {
      require(field, length);
      text = new String(window.array(), window.position(), length, StandardCharsets.UTF_8);
      if (text.indexOf('\uFFFD') >= 0) {
        checkUtf8(field, window.slice(window.position(), length));
      }
      window.position(window.position() + length);
    } else {
      byte[] copy = bytes.asSlice(position(), length).toArray(ValueLayout.JAVA_BYTE);
      text = new String(copy, StandardCharsets.UTF_8);
      checkUtf8(field, ByteBuffer.wrap(copy));
      seek(position() + length);
    }
    return text;
  }

  GgufException refuse(String field, String reason) {
    return new GgufException(path, field, reason);
  }

  private void checkUtf8(String field, ByteBuffer text) throws GgufException {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(text);
    } catch (CharacterCodingException malformed) {
      throw refuse(field, "is not valid UTF-8 text");
    }
  }

  private void require(String field, int count) throws GgufException {
    if (window.remaining() >= count) {
      return;
    }
    if (remaining() < count) {
      throw refuse(field, "the file ends here (" + bytes.byteSize() + " bytes)");
    }
    seek(position());
  }

  private void seek(long position) {
    int length = (int) Math.min(WINDOW_BYTES, bytes.byteSize() - position);
    MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, position, window.array(), 0, length);
    windowStart = position;
    window.position(0).limit(length);
  }
}
