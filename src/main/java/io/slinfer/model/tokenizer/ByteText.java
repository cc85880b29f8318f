package io.slinfer.model.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The alphabet in which byte-level vocabularies write bytes (Radford et al. 2019): printable
 * characters of Latin-1 stand for themselves, the other bytes for U+0100 and on.
 */
final class ByteText {

  private static final char[] CHARACTERS = new char[256];
  private static final short[] BYTES = new short[0x144];

  static {
    Arrays.fill(BYTES, (short) -1);
    char spare = 0x100;
    for (int b = 0; b < 256; b++) {
      boolean printable = b >= 0x21 && b <= 0x7E || b >= 0xA1 && b != 0xAD;
      CHARACTERS[b] = printable ? (char) b : spare++;
      BYTES[CHARACTERS[b]] = (short) b;
    }
  }

  private ByteText() {}

  /** The character that stands for a byte from 0 to 255. */
  static char character(int value) {
    return CHARACTERS[value];
  }

  /** The bytes that a text in this alphabet stands for; any other character is kept as UTF-8. */
  static byte[] bytes(String text) {
    byte[] bytes = new byte[text.length() * 3];
    int size = 0;
    for (int i = 0; i < text.length(); ) {
      int codePoint = text.codePointAt(i);
      int value = codePoint < BYTES.length ? BYTES[codePoint] : -1;
      if (value >= 0) {
        bytes[size++] = (byte) value;
      } else {
        byte[] utf8 = Character.toString(codePoint).getBytes(StandardCharsets.UTF_8);
        System.arraycopy(utf8, 0, bytes, size, utf8.length);
        size += utf8.length;
      }
      i += Character.charCount(codePoint);
    }
    return Arrays.copyOf(bytes, size);
  }
}
