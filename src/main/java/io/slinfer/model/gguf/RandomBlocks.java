package io.slinfer.model.gguf;

import static io.slinfer.model.gguf.LittleEndian.INT;
import static io.slinfer.model.gguf.LittleEndian.LONG;
import static io.slinfer.model.gguf.LittleEndian.SHORT;
import static io.slinfer.model.gguf.LittleEndian.unsignedByte;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;

/**
 * Fills matrices with random weights straight in their stored form: random codes under scales that
 * give the weights mean 0 and standard deviation 1/sqrt(columns), so that a matrix product keeps
 * the size of its input. For benchmarks and tests of speed and memory: about a gigabyte a second.
 *
 * <p>Thread: any; the same seed gives the same bytes.
 */
public final class RandomBlocks {

  /** Standard deviation of a uniform number in [-1, 1]. */
  private static final double UNIFORM_DEVIATION = 1 / Math.sqrt(3);

  /** Of a signed byte. */
  private static final double BYTE_DEVIATION = 73.9;

  /** Of a code from 0 to 15, whose mean is 7.5; and its root mean square about 8. */
  private static final double NIBBLE_DEVIATION = 4.61;

  private static final double NIBBLE_DEVIATION_ABOUT_8 = 4.64;

  /** Of a code from -32 to 31. */
  private static final double SIX_BIT_DEVIATION = 18.5;

  /** Root mean square of a scale from 0 to 63. */
  private static final double SIX_BIT_SCALE = 36.5;

  private RandomBlocks() {}

  /**
   * Fills a matrix of type F32, F16, BF16, Q8_0, Q4_0, Q4_K or Q6_K.
   *
   * @throws IllegalArgumentException for another type
   */
  public static void fill(GgufTensor tensor, long seed) {
    MemorySegment data = tensor.data();
    double deviation = 1 / Math.sqrt(tensor.columns());
    switch (tensor.type()) {
      case F32 -> fillFloats(data, deviation, seed);
      case F16, BF16 -> fillHalves(tensor.type(), data, deviation, seed);
      case Q8_0 -> {
        fillBits(data, seed);
        setScales(data, tensor.type(), 0, deviation / BYTE_DEVIATION);
      }
      case Q4_0 -> {
        fillBits(data, seed);
        setScales(data, tensor.type(), 0, deviation / NIBBLE_DEVIATION_ABOUT_8);
      }
      case Q4_K -> {
        fillBits(data, seed);
        centreQ4(data);
        double scale = deviation / (NIBBLE_DEVIATION * SIX_BIT_SCALE);
        setScales(data, tensor.type(), 0, scale);
        setScales(data, tensor.type(), 2, 7.5 * scale);
      }
      case Q6_K -> {
        fillBits(data, seed);
        setScales(data, tensor.type(), 208, deviation / (SIX_BIT_DEVIATION * BYTE_DEVIATION));
      }
      default ->
          throw new IllegalArgumentException(
              tensor.name() + ": no random weights of type " + tensor.type());
    }
  }

  private static void fillBits(MemorySegment data, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    long whole = data.byteSize() / Long.BYTES * Long.BYTES;
    for (long at = 0; at < whole; at += Long.BYTES) {
      data.set(LONG, at, random.nextLong());
    }
    for (long at = whole; at < data.byteSize(); at++) {
      data.set(ValueLayout.JAVA_BYTE, at, (byte) random.nextInt());
    }
  }

  /** Writes the same float16 at offset {@code within} of every block. */
  private static void setScales(MemorySegment data, TensorType type, int within, double scale) {
    short half = Float.floatToFloat16((float) scale);
    for (long at = within; at < data.byteSize(); at += type.blockBytes()) {
      data.set(SHORT, at, half);
    }
  }

  /** Makes every minimum of Q4_K blocks equal its scale, so that 7.5 becomes the zero point. */
  private static void centreQ4(MemorySegment data) {
    for (long at = 4; at < data.byteSize(); at += TensorType.Q4_K.blockBytes()) {
      data.set(INT, at + 4, data.get(INT, at));
      for (int i = 8; i < 12; i++) {
        int low = unsignedByte(data, at + i) & 15;
        data.set(ValueLayout.JAVA_BYTE, at + i, (byte) (low << 4 | low));
      }
    }
  }

  private static void fillFloats(MemorySegment data, double deviation, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = uniform(deviation);
    for (long at = 0; at < data.byteSize(); at += Float.BYTES) {
      data.set(LittleEndian.FLOAT, at, values[random.nextInt() >>> 16]);
    }
  }

  private static void fillHalves(TensorType type, MemorySegment data, double deviation, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = uniform(deviation);
    short[] halves = new short[values.length];
    for (int i = 0; i < halves.length; i++) {
      halves[i] =
          type == TensorType.F16
              ? Float.floatToFloat16(values[i])
              : (short) (Float.floatToRawIntBits(values[i]) >>> 16);
    }
    for (long at = 0; at < data.byteSize(); at += Short.BYTES) {
      data.set(SHORT, at, halves[random.nextInt() >>> 16]);
    }
  }

  /** 65,536 evenly spaced numbers of this standard deviation. */
  private static float[] uniform(double deviation) {
    float[] values = new float[1 << 16];
    for (int i = 0; i < values.length; i++) {
      double centred = (i + 0.5) / (values.length / 2) - 1;
      values[i] = (float) (centred * deviation / UNIFORM_DEVIATION);
    }
    return values;
  }
}
