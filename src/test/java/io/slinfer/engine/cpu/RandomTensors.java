package io.slinfer.engine.cpu;

import io.slinfer.model.gguf.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;

/** Off-heap numbers and weights for kernel tests, from a seed. */
final class RandomTensors {

  private final Arena arena;
  private final SplittableRandom random;

  RandomTensors(Arena arena, long seed) {
    this.arena = arena;
    this.random = new SplittableRandom(seed);
  }

  MemorySegment floats(long count, float scale) {
    MemorySegment numbers = zeros(count);
    for (long i = 0; i < count; i++) {
      numbers.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian() * scale);
    }
    return numbers;
  }

  MemorySegment zeros(long count) {
    return arena.allocate(count * Float.BYTES, 64);
  }

  MemorySegment ints(int... values) {
    MemorySegment numbers = arena.allocate((long) values.length * Integer.BYTES, 64);
    MemorySegment.copy(values, 0, numbers, ValueLayout.JAVA_INT, 0, values.length);
    return numbers;
  }

  MemorySegment copy(MemorySegment original) {
    return arena.allocate(original.byteSize(), 64).copyFrom(original);
  }

  /**
   * Rows that 8-bit quantisation with one scale for 32 numbers keeps exactly: whole multiples, up
   * to 127, of a power of two, with 127 in each stretch.
   */
  MemorySegment exactActivations(int rows, int columns) {
    MemorySegment numbers = zeros((long) rows * columns);
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c += 32) {
        float scale = (float) Math.scalb(1.0, random.nextInt(-9, -4));
        int width = Math.min(32, columns - c);
        int greatest = random.nextInt(width);
        for (int i = 0; i < width; i++) {
          int value = i == greatest ? -127 : random.nextInt(-127, 128);
          numbers.setAtIndex(ValueLayout.JAVA_FLOAT, (long) r * columns + c + i, value * scale);
        }
      }
    }
    return numbers;
  }

  /** Any bit pattern, except that scales are ordinary numbers. */
  WeightMatrix weights(TensorType type, int rows, int columns) {
    long blocks = (long) rows * (columns / type.blockLength());
    MemorySegment data = arena.allocate(blocks * type.blockBytes(), 64);
    for (long i = 0; i < data.byteSize(); i++) {
      data.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
    }
    for (long block = 0; block < blocks; block++) {
      setScales(type, data.asSlice(block * type.blockBytes(), type.blockBytes()));
    }
    return new WeightMatrix(type, data, rows, columns);
  }

  private void setScales(TensorType type, MemorySegment block) {
    switch (type) {
      case F32 -> block.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 0, (float) random.nextGaussian());
      case F16 -> setHalf(block, 0, random.nextGaussian());
      case BF16 -> {
        int bits = Float.floatToIntBits((float) random.nextGaussian());
        block.set(ValueLayout.JAVA_SHORT_UNALIGNED, 0, (short) (bits >> 16));
      }
      case Q8_0, Q4_0, Q5_0, IQ4_NL, IQ4_XS -> setScale(block, 0);
      case Q4_1, Q5_1, Q4_K, Q5_K -> {
        setScale(block, 0);
        setScale(block, 2);
      }
      case MXFP4 -> block.set(ValueLayout.JAVA_BYTE, 0, (byte) random.nextInt(110, 130));
      case Q2_K -> {
        setScale(block, 80);
        setScale(block, 82);
      }
      case Q3_K -> setScale(block, 108);
      case Q6_K -> setScale(block, 208);
      default -> throw new IllegalArgumentException(type + " is no type of weights");
    }
  }

  private void setScale(MemorySegment block, int offset) {
    setHalf(block, offset, random.nextDouble(-0.02, 0.02));
  }

  private static void setHalf(MemorySegment block, int offset, double value) {
    short bits = Float.floatToFloat16((float) value);
    block.set(ValueLayout.JAVA_SHORT_UNALIGNED, offset, bits);
  }
}
