package io.slinfer.model.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * Turns stored weights into float32, bit for bit as ggml's reference code does: each step of the
 * formulas in {@link Blocks32} and {@link Blocks256} rounds to float32, and none is fused. The
 * oracle of the kernels, and plenty fast for norms, biases and embeddings.
 *
 * <p>Thread: any.
 */
public final class Dequantizer {

  /** Numbers expanded at a time on the way to a memory segment; a multiple of every block. */
  private static final int CHUNK = 1024;

  private Dequantizer() {}

  /** Expands consecutive blocks of one type. */
  @FunctionalInterface
  interface BlockDecoder {

    /**
     * @param at offset in bytes of the first block in {@code data}
     * @param out takes blocks x block length numbers from index {@code to} on
     */
    void decode(MemorySegment data, long at, int blocks, float[] out, int to);
  }

  /**
   * Expands {@code count} numbers, whole blocks, that start {@code offset} bytes into {@code data}.
   *
   * @throws IllegalArgumentException if the type holds no weights or {@code count} is no multiple
   *     of its block length
   * @throws IndexOutOfBoundsException if the blocks or the numbers lie outside their arrays
   */
  public static void expand(
      TensorType type, MemorySegment data, long offset, int count, float[] out) {
    Objects.checkFromIndexSize(0, count, out.length);
    decoder(type).decode(data, offset, blocks(type, count), out, 0);
  }

  /** As {@link #expand}, into float32 in native byte order at the start of {@code out}. */
  public static void expand(
      TensorType type, MemorySegment data, long offset, int count, MemorySegment out) {
    int blocks = blocks(type, count);
    BlockDecoder decoder = decoder(type);
    int blocksPerChunk = CHUNK / type.blockLength();
    float[] chunk = new float[CHUNK];
    for (int block = 0; block < blocks; block += blocksPerChunk) {
      int these = Math.min(blocksPerChunk, blocks - block);
      decoder.decode(data, offset + (long) block * type.blockBytes(), these, chunk, 0);
      MemorySegment.copy(
          chunk,
          0,
          out,
          ValueLayout.JAVA_FLOAT_UNALIGNED,
          (long) block * type.blockLength() * Float.BYTES,
          these * type.blockLength());
    }
  }

  /** All numbers of a tensor, rows one after another; meant for vectors. */
  public static float[] expand(GgufTensor tensor) {
    float[] numbers = new float[Math.toIntExact(tensor.columns() * tensor.rows())];
    expand(tensor.type(), tensor.data(), 0, numbers.length, numbers);
    return numbers;
  }

  private static int blocks(TensorType type, int count) {
    if (count < 0 || count % type.blockLength() != 0) {
      throw new IllegalArgumentException(
          count + " numbers of type " + type + ", in blocks of " + type.blockLength());
    }
    return count / type.blockLength();
  }

  private static BlockDecoder decoder(TensorType type) {
    return switch (type) {
      case F32 -> Dequantizer::float32;
      case F16 -> Dequantizer::float16;
      case BF16 -> Dequantizer::bfloat16;
      case Q4_0 -> Blocks32::q4Symmetric;
      case Q4_1 -> Blocks32::q4WithMinimum;
      case Q5_0 -> Blocks32::q5Symmetric;
      case Q5_1 -> Blocks32::q5WithMinimum;
      case Q8_0 -> Blocks32::q8Symmetric;
      case IQ4_NL -> Blocks32::iq4Nonlinear;
      case MXFP4 -> Blocks32::mxfp4;
      case Q2_K -> Blocks256::q2;
      case Q3_K -> Blocks256::q3;
      case Q4_K -> Blocks256::q4;
      case Q5_K -> Blocks256::q5;
      case Q6_K -> Blocks256::q6;
      case IQ4_XS -> Blocks256::iq4;
      default -> throw new IllegalArgumentException("tensor type " + type + " holds no weights");
    };
  }

  private static void float32(MemorySegment data, long at, int blocks, float[] out, int to) {
    MemorySegment.copy(data, LittleEndian.FLOAT, at, out, to, blocks);
  }

  private static void float16(MemorySegment data, long at, int blocks, float[] out, int to) {
    for (int i = 0; i < blocks; i++) {
      out[to + i] = LittleEndian.half(data, at + 2L * i);
    }
  }

  private static void bfloat16(MemorySegment data, long at, int blocks, float[] out, int to) {
    for (int i = 0; i < blocks; i++) {
      out[to + i] = Float.intBitsToFloat(data.get(LittleEndian.SHORT, at + 2L * i) << 16);
    }
  }
}
