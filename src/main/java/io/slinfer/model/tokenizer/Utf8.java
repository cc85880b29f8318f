package io.slinfer.model.tokenizer;

import java.util.Arrays;

/**
 * UTF-8 as the WHATWG Encoding Standard has it: one U+FFFD for each maximal part of an invalid
 * sequence. (The JDK's own decoder replaces encoded surrogates by fewer.)
 */
public final class Utf8 {

  private static final char REPLACEMENT = 0xFFFD;

  private Utf8() {}

  /** The text of bytes that need not be valid. */
  public static String decode(byte[] bytes) {
    StringBuilder text = new StringBuilder(bytes.length);
    Decoder decoder = new Decoder();
    decoder.decode(bytes, text);
    decoder.end(text);
    return text.toString();
  }

  /** The bytes of UTF-16 text; a lone surrogate becomes those of U+FFFD. */
  static byte[] encode(char[] text, int from, int to) {
    byte[] bytes = new byte[(to - from) * 3];
    int size = 0;
    for (int i = from; i < to; i = Characters.after(text, i, to)) {
      int c = Characters.codePoint(text, i, to);
      if (c < 0x80) {
        bytes[size++] = (byte) c;
      } else if (c < 0x800) {
        bytes[size++] = (byte) (0xC0 | c >>> 6);
        bytes[size++] = continuation(c);
      } else if (c < 0x10000) {
        bytes[size++] = (byte) (0xE0 | c >>> 12);
        bytes[size++] = continuation(c >>> 6);
        bytes[size++] = continuation(c);
      } else {
        bytes[size++] = (byte) (0xF0 | c >>> 18);
        bytes[size++] = continuation(c >>> 12);
        bytes[size++] = continuation(c >>> 6);
        bytes[size++] = continuation(c);
      }
    }
    return Arrays.copyOf(bytes, size);
  }

  private static byte continuation(int bits) {
    return (byte) (0x80 | bits & 0x3F);
  }

  /** Decodes bytes as they come. Confined to its user. */
  static final class Decoder {

    private int codePoint;
    private int missing;
    private int lowest = 0x80;
    private int highest = 0xBF;

    /** Appends the characters that the bytes complete. */
    void decode(byte[] bytes, StringBuilder out) {
      for (byte b : bytes) {
        decode(b & 0xff, out);
      }
    }

    /** Appends U+FFFD if a character is incomplete, and starts anew. */
    void end(StringBuilder out) {
      if (missing > 0) {
        out.append(REPLACEMENT);
        reset();
      }
    }

    private void decode(int value, StringBuilder out) {
      if (missing == 0) {
        first(value, out);
        return;
      }
      if (value < lowest || value > highest) {
        out.append(REPLACEMENT);
        reset();
        first(value, out);
        return;
      }
      lowest = 0x80;
      highest = 0xBF;
      codePoint = codePoint << 6 | value & 0x3F;
      if (--missing == 0) {
        out.appendCodePoint(codePoint);
      }
    }

    private void first(int value, StringBuilder out) {
      if (value < 0x80) {
        out.append((char) value);
      } else if (value >= 0xC2 && value <= 0xDF) {
        expect(1, value & 0x1F);
      } else if (value >= 0xE0 && value <= 0xEF) {
        expect(2, value & 0x0F);
        lowest = value == 0xE0 ? 0xA0 : 0x80;
        highest = value == 0xED ? 0x9F : 0xBF;
      } else if (value >= 0xF0 && value <= 0xF4) {
        expect(3, value & 0x07);
        lowest = value == 0xF0 ? 0x90 : 0x80;
        highest = value == 0xF4 ? 0x8F : 0xBF;
      } else {
        out.append(REPLACEMENT);
      }
    }

    private void expect(int bytes, int bits) {
      missing = bytes;
      codePoint = bits;
    }

    private void reset() {
      missing = 0;
      lowest = 0x80;
      highest = 0xBF;
    }
  }
}
