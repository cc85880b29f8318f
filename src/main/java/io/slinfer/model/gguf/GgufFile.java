package io.slinfer.model.gguf;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A memory-mapped GGUF file (format specification version 2 and 3). Every count, length and offset
 * is checked against the file's size before anything is allocated. Safe for any thread; closing
 * unmaps the tensors.
 */
public final class GgufFile implements AutoCloseable {

  private static final int MAGIC = 0x46554747;
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Arena arena = Arena.ofShared();
  private final Path path;
  private final GgufMetadata metadata;
  private final Map<String, GgufTensor> tensors = new LinkedHashMap<>();
  private MemorySegment bytes;
  private long position;

  private GgufFile(Path path) throws IOException {
    this.path = path;
    try {
      try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
        bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      }
      if (readInt("magic") != MAGIC) {
        throw new GgufException(path, "magic", "not a GGUF file");
      }
      int version = readInt("version");
      if (version != 2 && version != 3) {
        throw new GgufException(path, "version", version + " is not supported; allowed: 2, 3");
      }
      long tensorCount = readCount("tensor_count", 24);
      long pairCount = readCount("metadata_kv_count", 13);
      Map<String, Object> values = new LinkedHashMap<>();
      for (long i = 0; i < pairCount; i++) {
        String key = readString("metadata key " + i);
        if (values.put(key, readValue(key, readInt(key), true)) != null) {
          throw new GgufException(path, key, "appears twice");
        }
      }
      metadata = new GgufMetadata(values);
      readTensors(tensorCount);
    } catch (IOException | RuntimeException failure) {
      arena.close();
      throw failure;
    }
  }

  /** Maps and checks a file. */
  public static GgufFile open(Path path) throws IOException {
    return new GgufFile(path);
  }

  public Path path() {
    return path;
  }

  public GgufMetadata metadata() {
    return metadata;
  }

  /** All tensors by name, in the file's order. */
  public Map<String, GgufTensor> tensors() {
    return tensors;
  }

  @Override
  public void close() {
    arena.close();
  }

  private void readTensors(long count) throws IOException {
    record Entry(String name, TensorType type, List<Long> dimensions, long offset, long size) {}
    List<Entry> entries = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      String name = readString("tensor name " + i);
      int rank = readInt(name);
      if (rank < 1 || rank > 4) {
        throw new GgufException(path, name, rank + " dimensions; allowed: 1 to 4");
      }
      List<Long> dimensions = new ArrayList<>();
      long elements = 1;
      for (int d = 0; d < rank; d++) {
        long size = readLong(name);
        if (size < 1 || Math.multiplyHigh(elements, size) != 0 || elements * size < 0) {
          throw new GgufException(path, name, "dimension " + d + " is " + size);
        }
        elements *= size;
        dimensions.add(size);
      }
      int code = readInt(name);
      TensorType type = TensorType.ofCode(code);
      if (type == null) {
        throw new GgufException(path, name, "tensor type " + code + " is not supported");
      }
      if (dimensions.get(0) % type.blockLength() != 0) {
        throw new GgufException(
            path,
            name,
            "row length " + dimensions.get(0) + " is no multiple of " + type.blockLength());
      }
      entries.add(
          new Entry(
              name,
              type,
              List.copyOf(dimensions),
              readLong(name),
              elements / type.blockLength() * type.blockBytes()));
    }
    long alignment = metadata.integer("general.alignment").orElse(32);
    if (alignment < 1 || Long.bitCount(alignment) != 1) {
      throw new GgufException(path, "general.alignment", alignment + " is not a power of two");
    }
    long start = (position + alignment - 1) / alignment * alignment;
    for (Entry entry : entries) {
      if (entry.offset < 0
          || entry.offset % alignment != 0
          || entry.size < 0
          || start + entry.offset > bytes.byteSize() - entry.size) {
        throw new GgufException(
            path,
            entry.name,
            "its data at offset " + entry.offset + " lie outside the file or are misaligned");
      }
      GgufTensor tensor =
          new GgufTensor(
              entry.name,
              entry.type,
              entry.dimensions,
              bytes.asSlice(start + entry.offset, entry.size));
      if (tensors.put(entry.name, tensor) != null) {
        throw new GgufException(path, entry.name, "appears twice");
      }
    }
  }

  private Object readValue(String key, int type, boolean arrayAllowed) throws IOException {
    return switch (type) {
      case 0 -> (long) Byte.toUnsignedInt(readByte(key));
      case 1 -> (long) readByte(key);
      case 2 -> (long) Short.toUnsignedInt(readShort(key));
      case 3 -> (long) readShort(key);
      case 4 -> Integer.toUnsignedLong(readInt(key));
      case 5 -> (long) readInt(key);
      case 6 -> (double) Float.intBitsToFloat(readInt(key));
      case 7 -> readByte(key) != 0;
      case 8 -> readString(key);
      case 9 -> {
        if (!arrayAllowed) {
          throw new GgufException(path, key, "arrays of arrays are not supported");
        }
        yield readArray(key);
      }
      case 10, 11 -> readLong(key);
      case 12 -> Double.longBitsToDouble(readLong(key));
      default -> throw new GgufException(path, key, "value type " + type + " is unknown");
    };
  }

  private Object readArray(String key) throws IOException {
    int type = readInt(key);
    long smallest =
        switch (type) {
          case 0, 1, 7 -> 1;
          case 2, 3 -> 2;
          case 4, 5, 6 -> 4;
          case 8, 10, 11, 12 -> 8;
          default ->
              throw new GgufException(
                  path, key, "array element type " + type + " is not supported");
        };
    int count = Math.toIntExact(readCount(key, smallest));
    switch (type) {
      case 6, 12 -> {
        double[] numbers = new double[count];
        for (int i = 0; i < count; i++) {
          numbers[i] = (double) readValue(key, type, false);
        }
        return numbers;
      }
      case 7 -> {
        boolean[] flags = new boolean[count];
        for (int i = 0; i < count; i++) {
          flags[i] = (boolean) readValue(key, type, false);
        }
        return flags;
      }
      case 8 -> {
        List<String> strings = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
          strings.add(readString(key));
        }
        return strings;
      }
      default -> {
        long[] integers = new long[count];
        for (int i = 0; i < count; i++) {
          integers[i] = (long) readValue(key, type, false);
        }
        return integers;
      }
    }
  }

  private long readCount(String field, long bytesEach) throws IOException {
    long count = readLong(field);
    if (count < 0
        || count > (bytes.byteSize() - position) / bytesEach
        || count > Integer.MAX_VALUE - 8) {
      throw new GgufException(
          path, field, "count " + Long.toUnsignedString(count) + " is more than the file can hold");
    }
    return count;
  }

  private String readString(String field) throws IOException {
    int length = Math.toIntExact(readCount(field, 1));
    byte[] text = bytes.asSlice(position, length).toArray(ValueLayout.JAVA_BYTE);
    position += length;
    return new String(text, StandardCharsets.UTF_8);
  }

  private byte readByte(String field) throws IOException {
    return bytes.get(ValueLayout.JAVA_BYTE, advance(field, 1));
  }

  private short readShort(String field) throws IOException {
    return bytes.get(SHORT, advance(field, 2));
  }

  private int readInt(String field) throws IOException {
    return bytes.get(INT, advance(field, 4));
  }

  private long readLong(String field) throws IOException {
    return bytes.get(LONG, advance(field, 8));
  }

  private long advance(String field, int size) throws IOException {
    if (position > bytes.byteSize() - size) {
      throw new GgufException(path, field, "the file ends here (" + bytes.byteSize() + " bytes)");
    }
    long at = position;
    position += size;
    return at;
  }
}
