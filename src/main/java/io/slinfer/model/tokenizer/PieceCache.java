package io.slinfer.model.tokenizer;

import java.util.Arrays;

/**
 * Remembers the tokens of short pieces of text: words come back all the time. Direct-mapped and so
 * bounded; a new piece replaces the one in its slot. Any thread may use it without locking: entries
 * are immutable and published through final fields, and a lost update only costs a repetition.
 */
final class PieceCache {

  /** Longer pieces are rare and not kept. */
  private static final int LONGEST_CHARS = 24;

  private static final int SLOTS = 1 << 13;

  private record Entry(char[] piece, int[] tokens) {}

  private final Entry[] slots = new Entry[SLOTS];

  /** The tokens of {@code text[from, to)}, or null. The array is shared: do not change it. */
  int[] find(char[] text, int from, int to) {
    if (to - from > LONGEST_CHARS) {
      return null;
    }
    Entry entry = slots[slot(text, from, to)];
    return entry != null && equal(entry.piece, text, from, to) ? entry.tokens : null;
  }

  /** Remembers that the tokens of {@code text[from, to)} are those of a list from an index on. */
  void put(char[] text, int from, int to, TokenList tokens, int firstToken) {
    if (to - from <= LONGEST_CHARS) {
      char[] piece = Arrays.copyOfRange(text, from, to);
      slots[slot(text, from, to)] = new Entry(piece, tokens.from(firstToken));
    }
  }

  private static int slot(char[] text, int from, int to) {
    int hash = 0;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + text[i];
    }
    hash *= 0x9E3779B9;
    return hash >>> 32 - Integer.numberOfTrailingZeros(SLOTS);
  }

  private static boolean equal(char[] piece, char[] text, int from, int to) {
    if (piece.length != to - from) {
      return false;
    }
    for (int i = 0; i < piece.length; i++) {
      if (piece[i] != text[from + i]) {
        return false;
      }
    }
    return true;
  }
}
