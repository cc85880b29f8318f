package io.slinfer.model.gguf;

import static io.slinfer.model.gguf.LittleEndian.INT;
import static io.slinfer.model.gguf.LittleEndian.half;
import static io.slinfer.model.gguf.LittleEndian.unsignedByte;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The quantised types with blocks of 32 numbers: a scale d (and a minimum m), then the codes.
 * Four-bit codes lie two in a byte, number i in the low half of byte i, number i + 16 in its high
 * half. Layouts: ggml's block_q4_0 and its kin; MXFP4: the OCP Microscaling Formats specification
 * 1.0.
 */
final class Blocks32 {

  /** What an IQ4_NL or IQ4_XS code stands for, before the scale. */
  static final byte[] NONLINEAR = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
  };

  /** What an E2M1 code stands for, doubled so that it is whole; the scale is halved in turn. */
  private static final byte[] E2M1_DOUBLED = {
    0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12
  };

  private Blocks32() {}

  /** Q4_0: (code - 8) d. Block: d float16, 16 bytes of codes. */
  static void q4Symmetric(MemorySegment data, long at, int blocks, float[] out, int to) {
    for (int b = 0; b < blocks; b++, at += 18, to += 32) {
      float scale = half(data, at);
      for (int i = 0; i < 16; i++) {
        int codes = unsignedByte(data, at + 2 + i);
        out[to + i] = ((codes & 15) - 8) * scale;
        out[to + 16 + i] = ((codes >> 4) - 8) * scale;
      }
    }
  }

  /** Q4_1: code d + m. Block: d and m float16, 16 bytes of codes. */
  static void q4WithMinimum(MemorySegment data, long at, int blocks, float[] out, int to) {
    for (int b = 0; b < blocks; b++, at += 20, to += 32) {
      float scale = half(data, at);
      float minimum = half(data, at + 2);
      for (int i = 0; i < 16; i++) {
        int codes = unsignedByte(data, at + 4 + i);
        out[to + i] = (codes & 15) * scale + minimum;
        out[to + 16 + i] = (codes >> 4) * scale + minimum;
      }
    }
  }

  /** Q5_0: (code - 16) d. Block: d float16, 32 fifth bits, 16 bytes of low codes. */
  static void q5Symmetric(MemorySegment data, long at, int blocks, float[] out, int to) {
    for (int b = 0; b < blocks; b++, at += 22, to += 32) {
      float scale = half(data, at);
      int fifthBits = data.get(INT, at + 2);
      for (int i = 0; i < 16; i++) {
        int codes = unsignedByte(data, at + 6 + i);
        out[to + i] = ((codes & 15 | fifthBit(fifthBits, i)) - 16) * scale;
        out[to + 16 + i] = ((codes >> 4 | fifthBit(fifthBits, i + 16)) - 16) * scale;
      }
    }
  }

  /** Q5_1: code d + m. Block: d and m float16, 32 fifth bits, 16 bytes of low codes. */
  static void q5WithMinimum(MemorySegment data, long at, int blocks, float[] out, int to) {
    for (int b = 0; b < blocks; b++, at += 24, to += 32) {
      float scale = half(data, at);
      float minimum = half(data, at + 2);
      int fifthBits = data.get(INT, at + 4);
      for (int i = 0; i < 16; i++) {
        int codes = unsignedByte(data, at + 8 + i);
        out[to + i] = (codes & 15 | fifthBit(fifthBits, i)) * scale + minimum;
        out[to + 16 + i] = (codes >> 4 | fifthBit(fifthBits, i + 16)) * scale + minimum;
      }
    }
  }

  private static int fifthBit(int bits, int number) {
    return (bits >>> number & 1) << 4;
  }

  /** Q8_0: code d. Block: d float16, 32 signed bytes. */
  static void q8Symmetric(MemorySegment data, long at, int blocks, float[] out, int to) {
    for (int b = 0; b < blocks; b++, at += 34, to += 32) {
      float scale = half(data, at);
      for (int i = 0; i < 32; i++) {
        out[to + i] = data.get(ValueLayout.JAVA_BYTE, at + 2 + i) * scale;
      }
    }
  }

  /** IQ4_NL: table[code] d. Block: d float16, 16 bytes of codes. */
  static void iq4Nonlinear(MemorySegment data, long at, int blocks, float[] out, int to) {
    for (int b = 0; b < blocks; b++, at += 18, to += 32) {
      lookUp(NONLINEAR, half(data, at), data, at + 2, out, to);
    }
  }

  /** MXFP4: E2M1 code x power of two. Block: the exponent (E8M0), 16 bytes of codes. */
  static void mxfp4(MemorySegment data, long at, int blocks, float[] out, int to) {
    for (int b = 0; b < blocks; b++, at += 17, to += 32) {
      lookUp(E2M1_DOUBLED, halfPowerOfTwo(unsignedByte(data, at)), data, at + 1, out, to);
    }
  }

  /** 2 to the power of exponent - 128, exact also where the result is subnormal. */
  private static float halfPowerOfTwo(int exponent) {
    return Float.intBitsToFloat(exponent < 2 ? 0x200000 << exponent : exponent - 1 << 23);
  }

  /** 32 numbers table[code] x scale from 16 bytes of codes. */
  static void lookUp(
      byte[] table, float scale, MemorySegment data, long codesAt, float[] out, int to) {
    for (int i = 0; i < 16; i++) {
      int codes = unsignedByte(data, codesAt + i);
      out[to + i] = table[codes & 15] * scale;
      out[to + 16 + i] = table[codes >> 4] * scale;
    }
  }
}
