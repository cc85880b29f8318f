package io.slinfer.model.gguf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Writes GGUF headers number by number, so that a test can get any of them wrong. */
final class GgufBytes {

  static final int U8 = 0;
  static final int U16 = 2;
  static final int U32 = 4;
  static final int I32 = 5;
  static final int F32 = 6;
  static final int BOOL = 7;
  static final int STRING = 8;
  static final int ARRAY = 9;
  static final int U64 = 10;

  private ByteBuffer bytes = ByteBuffer.allocate(1 << 12).order(ByteOrder.LITTLE_ENDIAN);

  /** A version 3 header that announces this many tensors and pairs. */
  static GgufBytes header(long tensors, long pairs) {
    return new GgufBytes().text("GGUF").u32(3).u64(tensors).u64(pairs);
  }

  GgufBytes u8(int value) {
    room(1).put((byte) value);
    return this;
  }

  GgufBytes u16(int value) {
    room(2).putShort((short) value);
    return this;
  }

  GgufBytes u32(int value) {
    room(4).putInt(value);
    return this;
  }

  GgufBytes u64(long value) {
    room(8).putLong(value);
    return this;
  }

  GgufBytes f32(float value) {
    room(4).putFloat(value);
    return this;
  }

  /** Bytes without a length. */
  GgufBytes raw(byte... raw) {
    room(raw.length).put(raw);
    return this;
  }

  private GgufBytes text(String text) {
    return raw(text.getBytes(StandardCharsets.UTF_8));
  }

  /** A string: its length, then its bytes. */
  GgufBytes string(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    return u64(utf8.length).raw(utf8);
  }

  /** A key and the type of its value. */
  GgufBytes key(String key, int type) {
    return string(key).u32(type);
  }

  /** An entry of the tensor table. */
  GgufBytes tensor(String name, int type, long offset, long... dimensions) {
    string(name).u32(dimensions.length);
    for (long size : dimensions) {
      u64(size);
    }
    return u32(type).u64(offset);
  }

  /** Zeros up to a multiple of {@code alignment}, then {@code size} bytes counting up. */
  GgufBytes data(int alignment, int size) {
    while (bytes.position() % alignment != 0) {
      u8(0);
    }
    for (int i = 0; i < size; i++) {
      u8(i);
    }
    return this;
  }

  byte[] toArray() {
    return Arrays.copyOf(bytes.array(), bytes.position());
  }

  Path write(Path file) throws IOException {
    return Files.write(file, toArray());
  }

  private ByteBuffer room(int size) {
    if (bytes.remaining() < size) {
      int capacity = Math.max(2 * bytes.capacity(), bytes.position() + size);
      bytes = ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN).put(bytes.flip());
    }
    return bytes;
  }
}
