package io.slinfer.model.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class Utf8Test {

  @Test
  void agreesWithTheStandardDecoderOnEveryLeadAndSecondByte() {
    int[] thirds = {'a', 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF};
    byte[] bytes = new byte[3];
    for (int lead = 0x7F; lead < 256; lead++) {
      for (int second = 0; second < 256; second++) {
        for (int third : thirds) {
          bytes[0] = (byte) lead;
          bytes[1] = (byte) second;
          bytes[2] = (byte) third;
          if (Utf8.isValid(bytes, 0, 3) != decodes(bytes)) {
            fail(HexFormat.of().formatHex(bytes));
          }
        }
      }
    }
  }

  @Test
  void agreesWithTheStandardDecoderOnFourBytes() {
    long seed = Long.getLong("slinfer.seed", 20261123);
    Random random = new Random(seed);
    byte[] bytes = new byte[4];
    int valid = 0;
    for (int round = 0; round < 40_000; round++) {
      bytes[0] = (byte) (0xF0 + random.nextInt(6));
      for (int i = 1; i < 4; i++) {
        bytes[i] = (byte) (0x80 + random.nextInt(random.nextInt(20) == 0 ? 128 : 64));
      }
      String which = "seed " + seed + ": " + HexFormat.of().formatHex(bytes);
      assertEquals(decodes(bytes), Utf8.isValid(bytes, 0, 4), which);
      valid += Utf8.isValid(bytes, 0, 4) ? 1 : 0;
    }
    assertTrue(valid > 2_000, valid + " valid");
  }

  @Test
  void looksOnlyAtTheBytesItIsGiven() {
    byte[] text = "aé€😀b".getBytes(StandardCharsets.UTF_8);
    assertTrue(Utf8.isValid(text, 0, text.length));
    assertTrue(Utf8.isValid(text, 1, 3));
    assertTrue(Utf8.isValid(text, 2, 2));
    assertFalse(Utf8.isValid(text, 1, 2));
    assertFalse(Utf8.isValid(text, 2, 3));
    assertFalse(Utf8.isValid(text, 6, 9));
  }

  private static boolean decodes(byte[] bytes) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return true;
    } catch (CharacterCodingException malformed) {
      return false;
    }
  }
}
