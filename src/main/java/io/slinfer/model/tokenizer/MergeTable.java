package io.slinfer.model.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The merges of a byte-level vocabulary, from pairs of symbols to the symbol they become. A symbol
 * is a token, or, above the tokens, a text that only occurs inside merges. Open addressing in two
 * arrays: 16 bytes a slot. Immutable.
 */
final class MergeTable implements MergeRule {

  private static final String KEY = "tokenizer.ggml.merges";
  private static final long EMPTY = -1;

  private final TokenIndex tokens;
  private final int tokenCount;
  private final List<String> textsAboveTokens = new ArrayList<>();
  private final long[] pairs;
  private final long[] merges;
  private final int[] symbolOfByte = new int[256];

  /**
   * Reads merges written {@code "left right"}, the first ones ranking first.
   *
   * @throws VocabularyException if an entry is no pair
   */
  MergeTable(List<String> entries, TokenIndex tokens, int tokenCount) {
    this.tokens = tokens;
    this.tokenCount = tokenCount;
    int slots = Integer.highestOneBit(Math.max(8, entries.size())) * 4;
    pairs = new long[slots];
    merges = new long[slots];
    Arrays.fill(pairs, EMPTY);
    Map<String, Integer> aboveTokens = new HashMap<>();
    char[] buffer = new char[64];
    for (int rank = 0; rank < entries.size(); rank++) {
      String entry = entries.get(rank);
      int gap = entry.indexOf(' ', 1);
      if (gap < 0 || gap == entry.length() - 1) {
        throw new VocabularyException(KEY, "entry " + rank + " '" + entry + "' is no pair");
      }
      buffer = entry.length() > buffer.length ? new char[entry.length() * 2] : buffer;
      int length = entry.length() - 1;
      entry.getChars(0, gap, buffer, 0);
      entry.getChars(gap + 1, entry.length(), buffer, gap);
      int left = symbol(buffer, 0, gap, aboveTokens);
      int right = symbol(buffer, gap, length, aboveTokens);
      put(left, right, MergeRule.of(rank, symbol(buffer, 0, length, aboveTokens)));
    }
    for (int value = 0; value < 256; value++) {
      buffer[0] = ByteText.character(value);
      symbolOfByte[value] = symbol(buffer, 0, 1, aboveTokens);
    }
  }

  @Override
  public long merge(int left, int right, int from, int to) {
    long pair = pair(left, right);
    int slot = home(pair);
    while (pairs[slot] != EMPTY) {
      if (pairs[slot] == pair) {
        return merges[slot];
      }
      slot = slot + 1 & pairs.length - 1;
    }
    return NONE;
  }

  /** The symbol of a byte from 0 to 255. */
  int symbolOfByte(int value) {
    return symbolOfByte[value];
  }

  /**
   * Adds the token of a symbol; a symbol that is none becomes the tokens of its bytes.
   *
   * @param unknown stands for a byte that has no token, or -1 to leave it out
   */
  void addTokens(int symbol, int unknown, TokenList out) {
    if (symbol < tokenCount) {
      out.add(symbol);
      return;
    }
    char[] text = textsAboveTokens.get(symbol - tokenCount).toCharArray();
    for (int i = 0; i < text.length; i++) {
      int token = tokens.find(text, i, i + 1);
      if (token >= 0 || unknown >= 0) {
        out.add(token >= 0 ? token : unknown);
      }
    }
  }

  private int symbol(char[] text, int from, int to, Map<String, Integer> aboveTokens) {
    int token = tokens.find(text, from, to);
    if (token >= 0) {
      return token;
    }
    return aboveTokens.computeIfAbsent(
        new String(text, from, to - from),
        added -> {
          textsAboveTokens.add(added);
          return tokenCount + textsAboveTokens.size() - 1;
        });
  }

  private void put(int left, int right, long merge) {
    long pair = pair(left, right);
    int slot = home(pair);
    while (pairs[slot] != EMPTY && pairs[slot] != pair) {
      slot = slot + 1 & pairs.length - 1;
    }
    if (pairs[slot] == EMPTY) {
      pairs[slot] = pair;
      merges[slot] = merge;
    }
  }

  private static long pair(int left, int right) {
    return (long) left << 32 | right;
  }

  private int home(long pair) {
    long mixed = pair * 0x9E3779B97F4A7C15L;
    return (int) (mixed >>> 40) & pairs.length - 1;
  }
}
