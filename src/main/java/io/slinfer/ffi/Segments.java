package io.slinfer.ffi;

import java.lang.foreign.MemorySegment;

/** Checks of what is handed to native code. */
final class Segments {

  private Segments() {}

  /** Refuses a segment that is not off-heap or is shorter than {@code bytes}. */
  static void require(MemorySegment segment, long bytes, String name) {
    if (!segment.isNative() || segment.byteSize() < bytes) {
      throw new IllegalArgumentException(
          name
              + ": "
              + (segment.isNative() ? "" : "on-heap, ")
              + segment.byteSize()
              + " bytes where "
              + bytes
              + " are used");
    }
  }

  /** Refuses a segment that cannot hold {@code count} float32 numbers. */
  static void requireFloats(MemorySegment segment, long count, String name) {
    require(segment, Math.multiplyExact(count, Float.BYTES), name);
  }

  /** As {@link #requireFloats}, but NULL is allowed. */
  static void requireFloatsOrNull(MemorySegment segment, long count, String name) {
    if (!segment.equals(MemorySegment.NULL)) {
      requireFloats(segment, count, name);
    }
  }
}
