package io.slinfer.model.gguf;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What stands before the tensor data in one file: format specification versions 2 and 3, which
 * differ in nothing that a little-endian file shows.
 *
 * @param byteSize bytes of the header
 * @param tensors in the file's order, each checked to lie inside the file and apart from the others
 */
record GgufHeader(int version, long byteSize, GgufMetadata metadata, List<GgufTensor> tensors) {

  private static final int MAGIC = 0x46554747;
  private static final int MAX_PAIRS = 1 << 16;
  private static final int MAX_TENSORS = 1 << 17;
  private static final int MAX_KEY_BYTES = 65535;
  private static final int MAX_TENSOR_NAME_BYTES = 64;
  private static final int MAX_DIMENSIONS = 4;
  private static final String ALIGNMENT_KEY = "general.alignment";
  private static final long DEFAULT_ALIGNMENT = 32;

  /** An empty key, a value type and one byte. */
  private static final long SMALLEST_PAIR_BYTES = 13;

  /** An empty name, no dimensions, a type and an offset. */
  private static final long SMALLEST_TENSOR_BYTES = 24;

  /** Reads and checks the header of a whole file. */
  static GgufHeader read(Path path, MemorySegment bytes) throws GgufException {
    GgufCursor cursor = new GgufCursor(path, bytes);
    int version = readVersion(cursor);
    int tensorCount = cursor.readCount("tensor_count", SMALLEST_TENSOR_BYTES, MAX_TENSORS);
    int pairCount = cursor.readCount("metadata_kv_count", SMALLEST_PAIR_BYTES, MAX_PAIRS);
    GgufMetadata metadata = readMetadata(cursor, pairCount);
    List<TensorInfo> infos = new ArrayList<>();
    for (int i = 0; i < tensorCount; i++) {
      infos.add(readTensorInfo(cursor, i));
    }
    long alignment = alignment(cursor, metadata);
    long headerBytes = cursor.position();
    long dataStart = roundUp(headerBytes, alignment);
    checkPlaces(cursor, infos, alignment, bytes.byteSize() - dataStart);
    List<GgufTensor> tensors = new ArrayList<>();
    for (TensorInfo info : infos) {
      MemorySegment data = bytes.asSlice(dataStart + info.offset, info.byteSize());
      tensors.add(new GgufTensor(info.name, info.type, info.dimensions, data));
    }
    return new GgufHeader(version, headerBytes, metadata, List.copyOf(tensors));
  }

  private record TensorInfo(
      String name, TensorType type, List<Long> dimensions, long elements, long offset) {

    long byteSize() {
      return elements / type.blockLength() * type.blockBytes();
    }
  }

  private static int readVersion(GgufCursor cursor) throws GgufException {
    if (cursor.readInt("magic") != MAGIC) {
      throw cursor.refuse("magic", "not a GGUF file");
    }
    int version = cursor.readInt("version");
    if (version != 0 && (version & 0xFFFF) == 0) {
      throw cursor.refuse("version", "big-endian files are not supported");
    }
    if (version != 2 && version != 3) {
      throw cursor.refuse(
          "version", Integer.toUnsignedString(version) + " is not supported; allowed: 2, 3");
    }
    return version;
  }

  private static GgufMetadata readMetadata(GgufCursor cursor, int count) throws GgufException {
    GgufValues reader = new GgufValues(cursor);
    Map<String, Object> values = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      String key = cursor.readString("metadata key " + i, MAX_KEY_BYTES);
      if (key.isEmpty()) {
        throw cursor.refuse("metadata key " + i, "is empty");
      }
      if (values.put(key, reader.read(key)) != null) {
        throw cursor.refuse(key, "appears twice");
      }
    }
    return new GgufMetadata(values);
  }

  private static TensorInfo readTensorInfo(GgufCursor cursor, int index) throws GgufException {
    String name = cursor.readString("tensor name " + index, MAX_TENSOR_NAME_BYTES);
    int rank = cursor.readInt(name);
    if (rank < 0 || rank > MAX_DIMENSIONS) {
      throw cursor.refuse(
          name, Integer.toUnsignedString(rank) + " dimensions; allowed: up to " + MAX_DIMENSIONS);
    }
    List<Long> dimensions = new ArrayList<>();
    long elements = 1;
    for (int d = 0; d < rank; d++) {
      long size = cursor.readLong(name);
      if (size < 0 || Math.multiplyHigh(elements, size) != 0 || elements * size < 0) {
        throw cursor.refuse(
            name, "dimension " + d + " is " + Long.toUnsignedString(size) + ", too large");
      }
      elements *= size;
      dimensions.add(size);
    }
    if (rank == 0) {
      dimensions.add(1L);
    }
    TensorType type = readTensorType(cursor, name);
    if (dimensions.getFirst() % type.blockLength() != 0) {
      throw cursor.refuse(
          name, "row length " + dimensions.getFirst() + " is no multiple of " + type.blockLength());
    }
    if (elements / type.blockLength() > Long.MAX_VALUE / type.blockBytes()) {
      throw cursor.refuse(name, elements + " elements are too many");
    }
    long offset = cursor.readLong(name);
    return new TensorInfo(name, type, List.copyOf(dimensions), elements, offset);
  }

  private static TensorType readTensorType(GgufCursor cursor, String name) throws GgufException {
    int code = cursor.readInt(name);
    TensorType type = TensorType.ofCode(code);
    if (type == null) {
      throw cursor.refuse(name, "tensor type " + Integer.toUnsignedString(code) + " is unknown");
    }
    return type;
  }

  private static long alignment(GgufCursor cursor, GgufMetadata metadata) throws GgufException {
    Object value = metadata.values().getOrDefault(ALIGNMENT_KEY, DEFAULT_ALIGNMENT);
    if (!(value instanceof Long alignment)
        || Long.bitCount(alignment) != 1
        || alignment < 1
        || alignment > Integer.MAX_VALUE) {
      throw cursor.refuse(ALIGNMENT_KEY, value + " is not a power of two below 2^31");
    }
    return alignment;
  }

  private static long roundUp(long position, long alignment) {
    return (position + alignment - 1) / alignment * alignment;
  }

  /** Checks that names are unique and the data aligned, inside the file and apart. */
  private static void checkPlaces(
      GgufCursor cursor, List<TensorInfo> infos, long alignment, long dataBytes)
      throws GgufException {
    Set<String> names = new HashSet<>();
    for (TensorInfo info : infos) {
      if (!names.add(info.name)) {
        throw cursor.refuse(info.name, "this tensor appears twice");
      }
      if (info.offset < 0 || info.offset % alignment != 0) {
        throw cursor.refuse(
            info.name,
            "its data offset "
                + Long.toUnsignedString(info.offset)
                + " is no multiple of the alignment "
                + alignment);
      }
      if (info.offset > dataBytes - info.byteSize()) {
        throw cursor.refuse(
            info.name,
            info.byteSize() + " bytes at data offset " + info.offset + " lie past the file's end");
      }
    }
    List<TensorInfo> byPlace = new ArrayList<>(infos);
    byPlace.removeIf(info -> info.elements == 0);
    byPlace.sort(Comparator.comparingLong(TensorInfo::offset));
    for (int i = 1; i < byPlace.size(); i++) {
      TensorInfo before = byPlace.get(i - 1);
      if (before.offset + before.byteSize() > byPlace.get(i).offset) {
        throw cursor.refuse(byPlace.get(i).name, "its data overlap those of " + before.name);
      }
    }
  }
}
