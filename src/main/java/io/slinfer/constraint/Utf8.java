package io.slinfer.constraint;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** UTF-8 forms of character ranges (RFC 3629). */
final class Utf8 {

  private static final int[] LAST_OF_LENGTH = {0x7F, 0x7FF, 0xFFFF, 0x10FFFF};

  private Utf8() {}

  /** Byte ranges, one per byte of the form: any bytes within them, in order, are in the set. */
  record Form(int[] first, int[] last) {}

  /** Forms that together write exactly the characters of the set, each one way. */
  static List<Form> forms(CharacterSet set) {
    List<Form> forms = new ArrayList<>();
    for (CharacterSet.Range range : set.ranges()) {
      int from = range.first();
      for (int last : LAST_OF_LENGTH) {
        if (from <= range.last() && from <= last) {
          split(from, Math.min(last, range.last()), forms);
          from = last + 1;
        }
      }
    }
    return forms;
  }

  /** Splits a range of one length until each byte position varies independently of the others. */
  private static void split(int first, int last, List<Form> forms) {
    for (int bits = 6; bits <= 18; bits += 6) {
      int low = (1 << bits) - 1;
      if ((first & ~low) == (last & ~low)) {
        break;
      }
      if ((first & low) != 0) {
        split(first, first | low, forms);
        split((first | low) + 1, last, forms);
        return;
      }
      if ((last & low) != low) {
        split(first, (last & ~low) - 1, forms);
        split(last & ~low, last, forms);
        return;
      }
    }
    forms.add(new Form(bytes(first), bytes(last)));
  }

  private static int[] bytes(int codePoint) {
    byte[] encoded = Character.toString(codePoint).getBytes(StandardCharsets.UTF_8);
    int[] unsigned = new int[encoded.length];
    for (int i = 0; i < encoded.length; i++) {
      unsigned[i] = encoded[i] & 0xFF;
    }
    return unsigned;
  }
}
