package io.slinfer.model.tokenizer;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Finds tokens by their text in O(length), without making a String of the part looked for. Open
 * addressing with linear probing. Immutable.
 */
final class TokenIndex {

  private static final int EMPTY = -1;

  private final List<String> texts;
  private final int[] slots;
  private final int longestChars;

  /**
   * @param texts the text of each token
   * @param included which tokens can be found; of equal texts the first wins
   */
  TokenIndex(List<String> texts, IntPredicate included) {
    this.texts = texts;
    slots = new int[Integer.highestOneBit(Math.max(8, texts.size())) * 4];
    Arrays.fill(slots, EMPTY);
    int longest = 0;
    for (int token = 0; token < texts.size(); token++) {
      String text = texts.get(token);
      if (!included.test(token) || text.isEmpty()) {
        continue;
      }
      int slot = home(text.hashCode());
      while (slots[slot] != EMPTY && !texts.get(slots[slot]).equals(text)) {
        slot = slot + 1 & slots.length - 1;
      }
      if (slots[slot] == EMPTY) {
        slots[slot] = token;
        longest = Math.max(longest, text.length());
      }
    }
    longestChars = longest;
  }

  /** Length in chars of the longest text that can be found. */
  int longestChars() {
    return longestChars;
  }

  int find(String text) {
    return find(text.toCharArray(), 0, text.length());
  }

  /** The token written by {@code text[from, to)}, or -1. */
  int find(char[] text, int from, int to) {
    if (to - from > longestChars) {
      return EMPTY;
    }
    int hash = 0;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + text[i]; // as String.hashCode
    }
    int slot = home(hash);
    while (slots[slot] != EMPTY && !equal(texts.get(slots[slot]), text, from, to)) {
      slot = slot + 1 & slots.length - 1;
    }
    return slots[slot];
  }

  private int home(int hash) {
    int mixed = hash * 0x9E3779B9;
    return (mixed ^ mixed >>> 15) & slots.length - 1;
  }

  private static boolean equal(String token, char[] text, int from, int to) {
    if (token.length() != to - from) {
      return false;
    }
    for (int i = from; i < to; i++) {
      if (token.charAt(i - from) != text[i]) {
        return false;
      }
    }
    return true;
  }
}
