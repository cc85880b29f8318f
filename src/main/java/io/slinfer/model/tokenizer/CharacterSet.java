package io.slinfer.model.tokenizer;

import java.util.Arrays;

/** A set of code points, given by its ranges. Immutable. */
final class CharacterSet {

  private final int[] firsts;
  private final int[] lasts;

  private CharacterSet(int[] firsts, int[] lasts) {
    this.firsts = firsts;
    this.lasts = lasts;
  }

  /** Reads hexadecimal ranges between spaces, ascending, such as {@code "41-5A 61-7A B5"}. */
  static CharacterSet ofRanges(String ranges) {
    String[] parts = ranges.split(" ");
    int[] firsts = new int[parts.length];
    int[] lasts = new int[parts.length];
    for (int i = 0; i < parts.length; i++) {
      String[] ends = parts[i].split("-");
      firsts[i] = Integer.parseInt(ends[0], 16);
      lasts[i] = Integer.parseInt(ends[ends.length - 1], 16);
      if (lasts[i] < firsts[i] || i > 0 && firsts[i] <= lasts[i - 1]) {
        throw new IllegalArgumentException("range " + parts[i] + " does not ascend");
      }
    }
    return new CharacterSet(firsts, lasts);
  }

  boolean contains(int codePoint) {
    int at = Arrays.binarySearch(firsts, codePoint);
    return at >= 0 || at < -1 && codePoint <= lasts[-at - 2];
  }
}
