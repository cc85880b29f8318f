package io.slinfer.model.gguf;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A memory-mapped GGUF model (format specification version 2 and 3), of one file or several parts.
 * Every count, length and offset is checked against the file's size before anything is allocated.
 * Safe for any thread; closing unmaps the tensors.
 */
public final class GgufFile implements AutoCloseable {

  private static final int FINGERPRINT_BYTES = 16;
  private static final String SPLIT_NUMBER = "split.no";
  private static final String SPLIT_COUNT = "split.count";
  private static final String SPLIT_TENSORS = "split.tensors.count";

  private final Arena arena;
  private final List<Part> opened;
  private final int version;
  private final GgufMetadata metadata;
  private final Map<String, GgufTensor> tensors;

  private GgufFile(Arena arena, List<Part> opened) throws GgufException {
    this.arena = arena;
    GgufHeader first = opened.getFirst().header;
    this.opened = List.copyOf(opened);
    version = first.version();
    metadata = first.metadata();
    Map<String, GgufTensor> merged = new LinkedHashMap<>();
    for (Part part : opened) {
      for (GgufTensor tensor : part.header.tensors()) {
        if (merged.put(tensor.name(), tensor) != null) {
          throw new GgufException(part.path, tensor.name(), "is in an earlier part too");
        }
      }
    }
    tensors = Collections.unmodifiableMap(merged);
  }

  private record Part(Path path, MemorySegment bytes, GgufHeader header) {

    static Part open(Path path, Arena arena) throws IOException {
      if (!Files.exists(path)) {
        throw new GgufException(path, "file", "does not exist");
      }
      if (!Files.isRegularFile(path)) {
        throw new GgufException(path, "file", "is not a regular file");
      }
      if (!Files.isReadable(path)) {
        throw new GgufException(path, "file", "may not be read");
      }
      try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
        MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        return new Part(path, bytes, GgufHeader.read(path, bytes));
      }
    }

    long byteSize() {
      return bytes.byteSize();
    }

    /** An integer of the metadata. */
    long integer(String key, long otherwise) throws GgufException {
      Object value = header.metadata().values().getOrDefault(key, otherwise);
      if (value instanceof Long number) {
        return number;
      }
      throw new GgufException(path, key, value + " is not an integer");
    }
  }

  /**
   * Maps and checks a model: a file, or the first part of a split one, whose other parts lie beside
   * it.
   *
   * @throws GgufException if the file is malformed, or no first part, or a part is missing
   */
  public static GgufFile open(Path path) throws IOException {
    Arena arena = Arena.ofShared();
    try {
      List<Part> opened = new ArrayList<>();
      opened.add(Part.open(path, arena));
      long count = opened.getFirst().integer(SPLIT_COUNT, 1);
      if (count > 1) {
        openOtherParts(opened, count, arena);
      }
      return new GgufFile(arena, opened);
    } catch (IOException | RuntimeException failure) {
      arena.close();
      throw failure;
    }
  }

  private static void openOtherParts(List<Part> opened, long count, Arena arena)
      throws IOException {
    Part first = opened.getFirst();
    SplitName name =
        SplitName.of(first.path)
            .filter(split -> split.count() == count)
            .orElseThrow(
                () ->
                    new GgufException(
                        first.path,
                        SPLIT_COUNT,
                        "%d parts, but the file name does not end in -00001-of-%05d.gguf"
                            .formatted(count, count)));
    if (name.part() != 1 || first.integer(SPLIT_NUMBER, 0) != 0) {
      throw new GgufException(
          first.path, SPLIT_NUMBER, "not the first part; open " + name.fileName(1));
    }
    for (int i = 2; i <= count; i++) {
      Part part = Part.open(first.path.resolveSibling(name.fileName(i)), arena);
      opened.add(part);
      expect(part, SPLIT_NUMBER, i - 1);
      expect(part, SPLIT_COUNT, count);
    }
    long tensors = opened.stream().mapToLong(part -> part.header.tensors().size()).sum();
    if (first.integer(SPLIT_TENSORS, tensors) != tensors) {
      throw new GgufException(
          first.path,
          SPLIT_TENSORS,
          first.integer(SPLIT_TENSORS, tensors) + " promised, the parts have " + tensors);
    }
  }

  private static void expect(Part part, String key, long wanted) throws GgufException {
    long found = part.integer(key, -1);
    if (found != wanted) {
      throw new GgufException(
          part.path, key, found == -1 ? "is missing" : found + " instead of " + wanted);
    }
  }

  /** The file, or the first of its parts. */
  public Path path() {
    return opened.getFirst().path;
  }

  /** All files of the model, in order. */
  public List<Path> parts() {
    return opened.stream().map(Part::path).toList();
  }

  /** All files of the model as they are mapped, in order. */
  public List<MemorySegment> mappings() {
    return opened.stream().map(Part::bytes).toList();
  }

  /** Bytes of all files together. */
  public long byteSize() {
    return opened.stream().mapToLong(Part::byteSize).sum();
  }

  /**
   * What all files take in memory once they have been read: whole pages.
   *
   * @param pageBytes of a page
   */
  public long residentBytes(long pageBytes) {
    return opened.stream()
        .mapToLong(part -> Math.ceilDiv(part.byteSize(), pageBytes) * pageBytes)
        .sum();
  }

  /** The version of the format, 2 or 3. */
  public int version() {
    return version;
  }

  /** The key-value pairs, of a split model those of the first part. */
  public GgufMetadata metadata() {
    return metadata;
  }

  /** All tensors by name, in the file's order. */
  public Map<String, GgufTensor> tensors() {
    return tensors;
  }

  /**
   * 32 hexadecimal digits that stand for the model's shape: a hash of headers and file sizes. Equal
   * for files that take the same time and memory, whatever their weights. Costs milliseconds.
   */
  public String fingerprint() {
    MessageDigest digest = sha256();
    for (Part part : opened) {
      digest.update(part.bytes.asSlice(0, part.header.byteSize()).asByteBuffer());
      digest.update(ByteBuffer.allocate(Long.BYTES).putLong(part.byteSize()).flip());
    }
    return HexFormat.of().formatHex(digest.digest(), 0, FINGERPRINT_BYTES);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException everyPlatformHasIt) {
      throw new AssertionError(everyPlatformHasIt);
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
