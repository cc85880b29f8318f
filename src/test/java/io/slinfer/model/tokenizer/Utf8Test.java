package io.slinfer.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Decoding as the WHATWG Encoding Standard has it. */
final class Utf8Test {

  @ParameterizedTest
  @CsvSource({
    "e282ac, €",
    "e282, \ufffd",
    "e28241, \ufffdA",
    "c080, \ufffd\ufffd",
    "e08080, \ufffd\ufffd\ufffd",
    "eda080, \ufffd\ufffd\ufffd",
    "f0808080, \ufffd\ufffd\ufffd\ufffd",
    "f09f9982, 🙂",
    "f09f99, \ufffd",
    "f09f41, \ufffdA",
    "f4908080, \ufffd\ufffd\ufffd\ufffd",
    "ff41, \ufffdA",
    "e1c3a9, \ufffdé"
  })
  void replacesEachMaximalInvalidPartByOneCharacter(String hex, String expected) {
    assertEquals(expected, decode(HexFormat.of().parseHex(hex), 1));
  }

  @Test
  void decodesAnyBytesAlikeHoweverTheyAreCut() {
    Random random = new Random(3);
    BitSet prefixes = prefixesOfValidSequences();
    byte[] leads = HexFormat.of().parseHex("41c3e0e2edeff0f4f880a0bf9f90");
    for (int round = 0; round < 20_000; round++) {
      byte[] bytes = new byte[random.nextInt(12)];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = leads[random.nextInt(leads.length)];
      }
      String expected = byDefinition(bytes, prefixes);
      assertEquals(expected, decode(bytes, 1 + random.nextInt(5)), HexFormat.of().formatHex(bytes));
    }
  }

  /** Complete characters as they are, and one U+FFFD for each longest start of one. */
  private static String byDefinition(byte[] bytes, BitSet prefixes) {
    StringBuilder text = new StringBuilder();
    int at = 0;
    while (at < bytes.length) {
      int length = 0;
      while (length < 3 && at + length < bytes.length && prefixes.get(key(bytes, at, length + 1))) {
        length++;
      }
      int complete = completeLength(bytes, at);
      if (complete > 0) {
        text.append(new String(bytes, at, complete, StandardCharsets.UTF_8));
        at += complete;
      } else {
        text.append('\ufffd');
        at += Math.max(1, length);
      }
    }
    return text.toString();
  }

  private static int completeLength(byte[] bytes, int at) {
    for (int length = 1; length <= 4 && at + length <= bytes.length; length++) {
      try {
        ByteBuffer part = ByteBuffer.wrap(bytes, at, length);
        StandardCharsets.UTF_8.newDecoder().decode(part);
        return length;
      } catch (CharacterCodingException incompleteOrInvalid) {
        continue;
      }
    }
    return 0;
  }

  private static BitSet prefixesOfValidSequences() {
    BitSet prefixes = new BitSet(1 << 24);
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      if (c < 0xD800 || c > 0xDFFF) {
        byte[] bytes = Character.toString(c).getBytes(StandardCharsets.UTF_8);
        for (int length = 1; length < bytes.length; length++) {
          prefixes.set(key(bytes, 0, length));
        }
      }
    }
    return prefixes;
  }

  private static int key(byte[] bytes, int at, int length) {
    int key = 0;
    for (int i = 0; i < 3; i++) {
      key = key << 8 | (i < length ? bytes[at + i] & 0xff : 0);
    }
    return key;
  }

  private static String decode(byte[] bytes, int chunk) {
    Utf8.Decoder decoder = new Utf8.Decoder();
    StringBuilder text = new StringBuilder();
    for (int at = 0; at < bytes.length; at += chunk) {
      decoder.decode(Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + chunk)), text);
    }
    decoder.end(text);
    return text.toString();
  }
}
