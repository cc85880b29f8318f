package io.slinfer.model.gguf;

import static io.slinfer.model.gguf.LittleEndian.SHORT;
import static io.slinfer.model.gguf.LittleEndian.half;
import static io.slinfer.model.gguf.LittleEndian.unsignedByte;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The quantised types with blocks of 256 numbers, whose sub-blocks of 16 or 32 have small integer
 * scales (and minima) of their own, themselves scaled by one float16 of the block. Layouts: ggml's
 * block_q2_K to block_q6_K and block_iq4_xs.
 */
final class Blocks256 {

  private Blocks256() {}

  /**
   * Q2_K: d scale code - dmin minimum. Block: 16 bytes with scale (low half) and minimum (high
   * half) of 16 numbers each, 64 bytes of codes, d, dmin.
   */
  static void q2(MemorySegment data, long at, int blocks, float[] out, int to) {
    for (int b = 0; b < blocks; b++, at += 84, to += 256) {
      float scale = half(data, at + 80);
      float minimum = half(data, at + 82);
      for (int sub = 0; sub < 16; sub++) {
        int packed = unsignedByte(data, at + sub);
        float subScale = scale * (packed & 15);
        float subMinimum = minimum * (packed >> 4);
        long codes = at + 16 + twoBitCodes(sub);
        int shift = twoBitShift(sub);
        for (int i = 0; i < 16; i++) {
          int code = unsignedByte(data, codes + i) >> shift & 3;
          out[to + 16 * sub + i] = subScale * code - subMinimum;
        }
      }
    }
  }

  /**
   * Q3_K: d (scale - 32) (code - 4). Block: 32 bytes of third bits, 64 bytes of low codes, 16
   * six-bit scales in 12 bytes, d.
   */
  static void q3(MemorySegment data, long at, int blocks, float[] out, int to) {
    for (int b = 0; b < blocks; b++, at += 110, to += 256) {
      float scale = half(data, at + 108);
      for (int sub = 0; sub < 16; sub++) {
        float subScale = scale * (q3Scale(data, at + 96, sub) - 32);
        long codes = at + 32 + twoBitCodes(sub);
        int shift = twoBitShift(sub);
        long thirdBits = at + 16 * (sub % 2);
        int thirdShift = sub / 2;
        for (int i = 0; i < 16; i++) {
          int low = unsignedByte(data, codes + i) >> shift & 3;
          int third = unsignedByte(data, thirdBits + i) >> thirdShift & 1;
          out[to + 16 * sub + i] = subScale * ((third << 2 | low) - 4);
        }
      }
    }
  }

  /** Where the codes of 16 numbers start among the 64 bytes of two-bit codes. */
  private static int twoBitCodes(int sub) {
    return 32 * (sub / 8) + 16 * (sub % 2);
  }

  private static int twoBitShift(int sub) {
    return sub % 8 / 2 * 2;
  }

  /** Scale {@code sub} of 16: four low bits in the first 8 bytes, two high bits in the last 4. */
  private static int q3Scale(MemorySegment data, long at, int sub) {
    int low = unsignedByte(data, at + sub % 8) >> 4 * (sub / 8) & 15;
    int high = unsignedByte(data, at + 8 + sub % 4) >> 2 * (sub / 4) & 3;
    return high << 4 | low;
  }

  /**
   * Q4_K: d scale code - dmin minimum. Block: d, dmin, 8 six-bit scales and minima in 12 bytes, 128
   * bytes of codes.
   */
  static void q4(MemorySegment data, long at, int blocks, float[] out, int to) {
    for (int b = 0; b < blocks; b++, at += 144, to += 256) {
      float scale = half(data, at);
      float minimum = half(data, at + 2);
      for (int sub = 0; sub < 8; sub++) {
        float subScale = scale * sixBitScale(data, at + 4, sub);
        float subMinimum = minimum * sixBitMinimum(data, at + 4, sub);
        long codes = at + 16 + 32 * (sub / 2);
        int shift = 4 * (sub % 2);
        for (int i = 0; i < 32; i++) {
          int code = unsignedByte(data, codes + i) >> shift & 15;
          out[to + 32 * sub + i] = subScale * code - subMinimum;
        }
      }
    }
  }

  /**
   * Q5_K: as Q4_K with a fifth bit. Block: d, dmin, 12 bytes of scales and minima, 32 bytes of
   * fifth bits, 128 bytes of low codes.
   */
  static void q5(MemorySegment data, long at, int blocks, float[] out, int to) {
    for (int b = 0; b < blocks; b++, at += 176, to += 256) {
      float scale = half(data, at);
      float minimum = half(data, at + 2);
      for (int sub = 0; sub < 8; sub++) {
        float subScale = scale * sixBitScale(data, at + 4, sub);
        float subMinimum = minimum * sixBitMinimum(data, at + 4, sub);
        long codes = at + 48 + 32 * (sub / 2);
        int shift = 4 * (sub % 2);
        for (int i = 0; i < 32; i++) {
          int low = unsignedByte(data, codes + i) >> shift & 15;
          int fifth = unsignedByte(data, at + 16 + i) >> sub & 1;
          out[to + 32 * sub + i] = subScale * (fifth << 4 | low) - subMinimum;
        }
      }
    }
  }

  /** Scale {@code sub} of 8: six bits of byte sub, or four of byte sub + 4 and two of sub - 4. */
  private static int sixBitScale(MemorySegment data, long at, int sub) {
    return sub < 4
        ? unsignedByte(data, at + sub) & 63
        : unsignedByte(data, at + sub + 4) & 15 | unsignedByte(data, at + sub - 4) >> 6 << 4;
  }

  private static int sixBitMinimum(MemorySegment data, long at, int sub) {
    return sub < 4
        ? unsignedByte(data, at + sub + 4) & 63
        : unsignedByte(data, at + sub + 4) >> 4 | unsignedByte(data, at + sub) >> 6 << 4;
  }

  /**
   * Q6_K: d scale (code - 32). Block: 128 bytes of low four bits, 64 bytes of high two bits, 16
   * signed scales, d.
   */
  static void q6(MemorySegment data, long at, int blocks, float[] out, int to) {
    for (int b = 0; b < blocks; b++, at += 210, to += 256) {
      float scale = half(data, at + 208);
      for (int sub = 0; sub < 16; sub++) {
        float subScale = scale * data.get(ValueLayout.JAVA_BYTE, at + 192 + sub);
        int within = 16 * (sub % 2);
        long lows = at + 64 * (sub / 8) + 32 * (sub / 2 % 2) + within;
        int lowShift = 4 * (sub / 4 % 2);
        long highs = at + 128 + 32 * (sub / 8) + within;
        int highShift = sub % 8 / 2 * 2;
        for (int i = 0; i < 16; i++) {
          int low = unsignedByte(data, lows + i) >> lowShift & 15;
          int high = unsignedByte(data, highs + i) >> highShift & 3;
          out[to + 16 * sub + i] = subScale * ((high << 4 | low) - 32);
        }
      }
    }
  }

  /**
   * IQ4_XS: d (scale - 32) table[code]. Block: d, the high two bits of 8 scales in 2 bytes, their
   * low four bits in 4 bytes, 128 bytes of codes, those of 32 numbers as in IQ4_NL.
   */
  static void iq4(MemorySegment data, long at, int blocks, float[] out, int to) {
    for (int b = 0; b < blocks; b++, at += 136, to += 256) {
      float scale = half(data, at);
      int highs = Short.toUnsignedInt(data.get(SHORT, at + 2));
      for (int sub = 0; sub < 8; sub++) {
        int low = unsignedByte(data, at + 4 + sub / 2) >> 4 * (sub % 2) & 15;
        int high = highs >> 2 * sub & 3;
        float subScale = scale * ((high << 4 | low) - 32);
        Blocks32.lookUp(Blocks32.NONLINEAR, subScale, data, at + 8 + 16 * sub, out, to + 32 * sub);
      }
    }
  }
}
