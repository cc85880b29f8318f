package io.slinfer.engine.gpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Writes the struct that a kernel takes (src/main/native/cuda/args.h), field by field, each at its
 * natural alignment. Confined to the step thread; one struct at a time.
 */
final class Arguments {

  private static final int MOST_BYTES = 512;

  private final MemorySegment memory;
  private long at;

  Arguments(Arena arena) {
    memory = arena.allocate(MOST_BYTES, Long.BYTES);
  }

  /** Begins a struct. */
  Arguments begin() {
    at = 0;
    return this;
  }

  /** An address or a 64-bit number. */
  Arguments wide(long... values) {
    for (long value : values) {
      assert at % Long.BYTES == 0 : "a 64-bit field at " + at;
      memory.set(ValueLayout.JAVA_LONG, at, value);
      at += Long.BYTES;
    }
    return this;
  }

  Arguments whole(int... values) {
    for (int value : values) {
      memory.set(ValueLayout.JAVA_INT, at, value);
      at += Integer.BYTES;
    }
    return this;
  }

  Arguments real(float... values) {
    for (float value : values) {
      memory.set(ValueLayout.JAVA_FLOAT, at, value);
      at += Float.BYTES;
    }
    return this;
  }

  /** The struct, valid until the next begins. */
  MemorySegment end() {
    return memory.asSlice(0, Math.ceilDiv(at, (long) Long.BYTES) * Long.BYTES);
  }
}
