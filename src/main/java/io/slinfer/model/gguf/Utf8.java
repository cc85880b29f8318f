package io.slinfer.model.gguf;

/** Tells UTF-8 from other bytes (RFC 3629) without building the text. */
final class Utf8 {

  private Utf8() {}

  /** Whether the bytes from {@code from} to {@code to} - 1 are whole, shortest-form UTF-8. */
  static boolean isValid(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to) {
      int lead = bytes[at++];
      if (lead >= 0) {
        continue;
      }
      int following = following(lead & 0xFF);
      if (following == 0 || to - at < following || !isSecond(lead & 0xFF, bytes[at])) {
        return false;
      }
      for (int i = 1; i < following; i++) {
        if (!isContinuation(bytes[at + i])) {
          return false;
        }
      }
      at += following;
    }
    return true;
  }

  /** How many bytes follow a lead byte of 0x80 and above; 0 if it leads nothing. */
  private static int following(int lead) {
    if (lead < 0xC2 || lead > 0xF4) {
      return 0;
    }
    return lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
  }

  /** Whether this may be the second byte: not overlong, no surrogate, not above U+10FFFF. */
  private static boolean isSecond(int lead, byte second) {
    int value = second & 0xFF;
    return isContinuation(second)
        && switch (lead) {
          case 0xE0 -> value >= 0xA0;
          case 0xED -> value < 0xA0;
          case 0xF0 -> value >= 0x90;
          case 0xF4 -> value < 0x90;
          default -> true;
        };
  }

  private static boolean isContinuation(byte value) {
    return (value & 0xC0) == 0x80;
  }
}
