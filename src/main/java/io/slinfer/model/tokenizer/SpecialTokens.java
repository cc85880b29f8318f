package io.slinfer.model.tokenizer;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;

/**
 * Finds tokens that are written out in text, the longest where several begin at one place. A sorted
 * list narrowed character by character: as good as a trie, without its nodes. Immutable.
 */
final class SpecialTokens {

  private final String[] texts;
  private final int[] tokens;
  private final BitSet firstChars = new BitSet();

  SpecialTokens(Vocabulary vocabulary, Predicate<TokenKind> included) {
    List<Integer> chosen = new ArrayList<>();
    for (int token = 0; token < vocabulary.size(); token++) {
      if (included.test(vocabulary.kind(token)) && !vocabulary.text(token).isEmpty()) {
        chosen.add(token);
      }
    }
    chosen.sort(Comparator.comparing(vocabulary::text));
    texts = new String[chosen.size()];
    tokens = new int[chosen.size()];
    for (int i = 0; i < texts.length; i++) {
      tokens[i] = chosen.get(i);
      texts[i] = vocabulary.text(tokens[i]);
      firstChars.set(texts[i].charAt(0));
    }
  }

  /** The longest token that is written from an index on, or -1. */
  int longestAt(char[] text, int index) {
    if (!firstChars.get(text[index])) {
      return -1;
    }
    int longest = -1;
    int low = 0;
    int high = texts.length;
    for (int depth = 0; low < high && index + depth < text.length; depth++) {
      char c = text[index + depth];
      low = lowerBound(low, high, depth, c);
      high = lowerBound(low, high, depth, c + 1);
      if (low < high && texts[low].length() == depth + 1) {
        longest = tokens[low];
      }
    }
    return longest;
  }

  /** The first text in a range, equal up to a depth, whose char there is not below a bound. */
  private int lowerBound(int from, int to, int depth, int bound) {
    int low = from;
    int high = to;
    while (low < high) {
      int middle = low + high >>> 1;
      String text = texts[middle];
      if (text.length() <= depth || text.charAt(depth) < bound) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
