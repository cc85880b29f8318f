package io.slinfer.model.tokenizer;

import static io.slinfer.model.tokenizer.Characters.LETTER;
import static io.slinfer.model.tokenizer.Characters.NUMBER;
import static io.slinfer.model.tokenizer.Characters.SPACE;

/**
 * The alternatives that the published expressions have in common. Each method answers as {@link
 * PieceRule#end}.
 */
final class Matching {

  private Matching() {}

  /** {@code 's|'t|'re|'ve|'m|'ll|'d}. */
  static int contraction(char[] text, int from, int to) {
    if (from + 1 >= to || text[from] != '\'') {
      return from;
    }
    char second = from + 2 < to ? text[from + 2] : 0;
    return switch (text[from + 1]) {
      case 's', 't', 'm', 'd' -> from + 2;
      case 'r', 'v' -> second == 'e' ? from + 3 : from;
      case 'l' -> second == 'l' ? from + 3 : from;
      default -> from;
    };
  }

  /** {@code (?i:'s|'t|'re|'ve|'m|'ll|'d)}, ASCII letters only. */
  static int contractionOfAnyCase(char[] text, int from, int to) {
    if (from + 1 >= to || text[from] != '\'') {
      return from;
    }
    int second = from + 2 < to ? text[from + 2] | 0x20 : 0;
    return switch (text[from + 1] | 0x20) {
      case 's', 't', 'm', 'd' -> from + 2;
      case 'r', 'v' -> second == 'e' ? from + 3 : from;
      case 'l' -> second == 'l' ? from + 3 : from;
      default -> from;
    };
  }

  /** {@code \p{N}{1,most}}. */
  static int numbers(char[] text, int from, int to, int most) {
    int at = from;
    for (int n = 0; n < most && (Characters.at(text, at, to) & NUMBER) != 0; n++) {
      at = Characters.after(text, at, to);
    }
    return at;
  }

  /** {@code ?[^\s\p{L}\p{N}]+}. */
  static int otherCharacters(char[] text, int from, int to) {
    int start = afterSpace(text, from, to);
    int end = Characters.runOfOthers(text, start, to, SPACE | LETTER | NUMBER);
    return end == start ? from : end;
  }

  /** {@code [\r\n]*}, or {@code [\r\n/]*}. */
  static int lineEnds(char[] text, int from, int to, boolean slashToo) {
    int at = from;
    while (at < to && (isLineEnd(text[at]) || slashToo && text[at] == '/')) {
      at++;
    }
    return at;
  }

  /** {@code \s*[\r\n]+|\s+(?!\S)|\s+}. */
  static int whiteSpaceByLines(char[] text, int from, int to) {
    int end = Characters.run(text, from, to, SPACE);
    for (int at = end; at > from; at--) {
      if (isLineEnd(text[at - 1])) {
        return at;
      }
    }
    return allButLast(from, end, to);
  }

  /** {@code \s+(?!\S)|\s+}. */
  static int whiteSpace(char[] text, int from, int to) {
    return allButLast(from, Characters.run(text, from, to, SPACE), to);
  }

  /** The index after an optional space, which must not be the last character. */
  static int afterSpace(char[] text, int from, int to) {
    return from + 1 < to && text[from] == ' ' ? from + 1 : from;
  }

  /** The index after an optional character of {@code \s}, which must not be the last one. */
  static int afterAnySpace(char[] text, int from, int to) {
    return from + 1 < to && (Characters.at(text, from, to) & SPACE) != 0 ? from + 1 : from;
  }

  static boolean isLineEnd(char c) {
    return c == '\r' || c == '\n';
  }

  /** White space before a word leaves its last character to the word. */
  private static int allButLast(int from, int end, int to) {
    return end < to && end - from > 1 ? end - 1 : end;
  }
}
