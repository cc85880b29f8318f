package io.slinfer.model.gguf;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes a GGUF file of version 3: metadata pairs, then tensors, then {@link #write}. Confined to
 * one thread but for the filler.
 */
public final class GgufWriter {

  private static final int VERSION = 3;
  private static final long ALIGNMENT = 32;

  private final Map<String, Object> pairs = new LinkedHashMap<>();
  private final List<Plan> tensors = new ArrayList<>();
  private long dataBytes;

  private record Plan(String name, TensorType type, List<Long> dimensions, long offset) {

    long byteSize() {
      long elements = dimensions.stream().reduce(1L, Math::multiplyExact);
      return Math.multiplyExact(elements / type.blockLength(), type.blockBytes());
    }
  }

  /** Writes a tensor's blocks. */
  @FunctionalInterface
  public interface TensorFiller {

    /** Called once a tensor, on several threads; {@code tensor.data()} is zeroed and writable. */
    void fill(GgufTensor tensor);
  }

  /**
   * Adds a pair.
   *
   * @param value of a type that {@link GgufMetadata} lists, without arrays of arrays; integers are
   *     written in 32 bits where they fit, and numbers as float32
   */
  public GgufWriter put(String key, Object value) {
    if (!(value instanceof Long
        || value instanceof Double
        || value instanceof Boolean
        || value instanceof String
        || value instanceof long[]
        || value instanceof double[]
        || value instanceof boolean[]
        || value instanceof List<?>)) {
      throw new IllegalArgumentException(key + ": " + value.getClass() + " cannot be written");
    }
    if (pairs.put(key, value) != null) {
      throw new IllegalArgumentException(key + " appears twice");
    }
    return this;
  }

  /** Adds a tensor; {@code dimensions} with the fastest-varying first, rows of whole blocks. */
  public GgufWriter tensor(String name, TensorType type, Long... dimensions) {
    if (dimensions[0] % type.blockLength() != 0) {
      throw new IllegalArgumentException(
          name + ": rows of " + dimensions[0] + " are no whole blocks of " + type);
    }
    Plan plan = new Plan(name, type, List.of(dimensions), dataBytes);
    tensors.add(plan);
    dataBytes = roundUp(Math.addExact(dataBytes, plan.byteSize()));
    return this;
  }

  /**
   * Writes the file and fills its tensors, beside its place first and then moved there whole.
   *
   * @throws IOException also if the disk has not the room
   */
  public void write(Path file, TensorFiller filler) throws IOException {
    byte[] header = header();
    long dataStart = roundUp(header.length);
    Path folder = file.toAbsolutePath().getParent();
    long room = Files.getFileStore(folder).getUsableSpace();
    if (room < dataStart + dataBytes) {
      throw new IOException(
          file + " takes " + (dataStart + dataBytes) + " bytes; " + room + " are free");
    }
    Path unfinished = file.resolveSibling(file.getFileName() + ".part");
    try {
      try (Arena arena = Arena.ofShared();
          FileChannel channel =
              FileChannel.open(
                  unfinished,
                  StandardOpenOption.CREATE,
                  StandardOpenOption.TRUNCATE_EXISTING,
                  StandardOpenOption.READ,
                  StandardOpenOption.WRITE)) {
        MemorySegment bytes =
            channel.map(FileChannel.MapMode.READ_WRITE, 0, dataStart + dataBytes, arena);
        MemorySegment.copy(MemorySegment.ofArray(header), 0, bytes, 0, header.length);
        tensors.parallelStream()
            .map(plan -> tensorAt(plan, bytes, dataStart))
            .forEach(filler::fill);
      }
      Files.move(
          unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(unfinished);
    }
  }

  private static GgufTensor tensorAt(Plan plan, MemorySegment bytes, long dataStart) {
    MemorySegment data = bytes.asSlice(dataStart + plan.offset, plan.byteSize());
    return new GgufTensor(plan.name, plan.type, plan.dimensions, data);
  }

  private static long roundUp(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  /** The bytes of a file that has no tensors. */
  public byte[] withoutTensors() {
    if (!tensors.isEmpty()) {
      throw new IllegalStateException(tensors.size() + " tensors were added");
    }
    byte[] header = header();
    return Arrays.copyOf(header, Math.toIntExact(roundUp(header.length)));
  }

  private byte[] header() {
    Header header = new Header();
    header.out.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    header.u32(VERSION).u64(tensors.size()).u64(pairs.size());
    pairs.forEach((key, value) -> header.string(key).value(value));
    for (Plan plan : tensors) {
      header.string(plan.name).u32(plan.dimensions.size());
      plan.dimensions.forEach(header::u64);
      header.u32(plan.type.code()).u64(plan.offset);
    }
    return header.out.toByteArray();
  }

  /** The bytes before the tensor data. */
  private static final class Header {

    private static final int U32 = 4;
    private static final int I32 = 5;
    private static final int F32 = 6;
    private static final int BOOL = 7;
    private static final int STRING = 8;
    private static final int ARRAY = 9;
    private static final int I64 = 11;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream(1 << 16);

    Header u32(long value) {
      out.writeBytes(number(Integer.BYTES).putInt((int) value).array());
      return this;
    }

    Header u64(long value) {
      out.writeBytes(number(Long.BYTES).putLong(value).array());
      return this;
    }

    private static ByteBuffer number(int size) {
      return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    Header string(String text) {
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      u64(utf8.length).out.writeBytes(utf8);
      return this;
    }

    void value(Object value) {
      switch (value) {
        case Long integer when integer >= 0 && integer <= 0xFFFF_FFFFL -> u32(U32).u32(integer);
        case Long integer when integer == integer.intValue() -> u32(I32).u32(integer);
        case Long integer -> u32(I64).u64(integer);
        case Double number -> u32(F32).f32(number);
        case Boolean truth -> u32(BOOL).out.write(truth ? 1 : 0);
        case String text -> u32(STRING).string(text);
        default -> array(value);
      }
    }

    private Header f32(double number) {
      return u32(Float.floatToRawIntBits((float) number));
    }

    private void array(Object value) {
      u32(ARRAY);
      switch (value) {
        case long[] integers -> integers(integers);
        case double[] numbers -> {
          u32(F32).u64(numbers.length);
          for (double number : numbers) {
            f32(number);
          }
        }
        case boolean[] truths -> {
          u32(BOOL).u64(truths.length);
          for (boolean truth : truths) {
            out.write(truth ? 1 : 0);
          }
        }
        case List<?> strings -> {
          u32(STRING).u64(strings.size());
          strings.forEach(text -> string((String) text));
        }
        default -> throw new IllegalArgumentException(value.getClass() + " cannot be written");
      }
    }

    private void integers(long[] integers) {
      boolean small = true;
      for (long integer : integers) {
        small &= integer == (int) integer;
      }
      u32(small ? I32 : I64).u64(integers.length);
      for (long integer : integers) {
        if (small) {
          u32(integer);
        } else {
          u64(integer);
        }
      }
    }
  }
}
