package io.slinfer.model.tokenizer;

import static io.slinfer.model.tokenizer.Characters.LETTER;
import static io.slinfer.model.tokenizer.Characters.LOWER_LIKE;
import static io.slinfer.model.tokenizer.Characters.MARK;
import static io.slinfer.model.tokenizer.Characters.NUMBER;
import static io.slinfer.model.tokenizer.Characters.PUNCTUATION;
import static io.slinfer.model.tokenizer.Characters.SPACE;
import static io.slinfer.model.tokenizer.Characters.SYMBOL;
import static io.slinfer.model.tokenizer.Characters.UPPER_LIKE;

/** The expressions that published tokenizers split text by, as matchers. */
final class PieceRules {

  static final int ANY_COUNT = Integer.MAX_VALUE;

  private PieceRules() {}

  /** GPT-2: {@code 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+}. */
  static int gpt2(char[] text, int from, int to) {
    int end = Matching.contraction(text, from, to);
    if (end > from) {
      return end;
    }
    int start = Matching.afterSpace(text, from, to);
    int classes = Characters.at(text, start, to);
    if ((classes & LETTER) != 0) {
      return Characters.run(text, start, to, LETTER);
    }
    if ((classes & NUMBER) != 0) {
      return Characters.run(text, start, to, NUMBER);
    }
    if ((classes & SPACE) == 0) {
      return Characters.runOfOthers(text, start, to, SPACE | LETTER | NUMBER);
    }
    return Matching.whiteSpace(text, from, to);
  }

  /**
   * How the descendants of the cl100k expression differ from one another.
   *
   * @param contractions begin with {@code (?i:'s|'t|'re|'ve|'m|'ll|'d)}
   * @param word the classes of a word's characters: letters, or letters and marks
   * @param mostDigits the longest group of numbers
   * @param lineEndsAfterOthers punctuation takes the line ends after it: {@code [\r\n]*}
   */
  record Cl100k(boolean contractions, int word, int mostDigits, boolean lineEndsAfterOthers)
      implements PieceRule {

    /**
     * {@code contractions|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,n}| ?[^\s\p{L}\p{N}]+[\r\n]*|
     * \s*[\r\n]+|\s+(?!\S)|\s+}.
     */
    @Override
    public int end(char[] text, int from, int to) {
      int end = contractions ? Matching.contractionOfAnyCase(text, from, to) : from;
      if (end > from) {
        return end;
      }
      int classes = Characters.at(text, from, to);
      int start = (classes & word) == 0 ? afterPrefix(text, from, to, classes) : from;
      end = Characters.run(text, start, to, word);
      if (end > start) {
        return end;
      }
      if ((classes & NUMBER) != 0) {
        return Matching.numbers(text, from, to, mostDigits);
      }
      start = Matching.afterSpace(text, from, to);
      end = Characters.runOfOthers(text, start, to, SPACE | NUMBER | word);
      if (end > start) {
        return lineEndsAfterOthers ? Matching.lineEnds(text, end, to, false) : end;
      }
      return Matching.whiteSpaceByLines(text, from, to);
    }
  }

  /**
   * o200k and its relatives, which split words where capitals begin: a word is {@code
   * [^\r\n\p{L}\p{N}]?U*L+} or else {@code [^\r\n\p{L}\p{N}]?U+L*} with U = {@code
   * [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]} and L = {@code [\p{Ll}\p{Lm}\p{Lo}\p{M}]}.
   *
   * @param contractions words take a contraction after them
   * @param mostDigits the longest group of numbers
   */
  record O200k(boolean contractions, int mostDigits) implements PieceRule {

    @Override
    public int end(char[] text, int from, int to) {
      int classes = Characters.at(text, from, to);
      int end = word(text, from, to, classes);
      if (end > from) {
        return contractions ? Matching.contractionOfAnyCase(text, end, to) : end;
      }
      if ((classes & NUMBER) != 0) {
        return Matching.numbers(text, from, to, mostDigits);
      }
      end = Matching.otherCharacters(text, from, to);
      return end > from
          ? Matching.lineEnds(text, end, to, true)
          : Matching.whiteSpaceByLines(text, from, to);
    }

    private static int word(char[] text, int from, int to, int classes) {
      int start = afterPrefix(text, from, to, classes);
      int end = lowerEnding(text, start, to);
      if (end > start) {
        return end;
      }
      end = lowerEnding(text, from, to);
      if (end > from) {
        return end;
      }
      end = upperBeginning(text, start, to);
      return end > start ? end : upperBeginning(text, from, to);
    }

    /** {@code U*L+}; where U* took every L, it gives the last one back. */
    private static int lowerEnding(char[] text, int from, int to) {
      int upperEnd = Characters.run(text, from, to, UPPER_LIKE);
      int end = Characters.run(text, upperEnd, to, LOWER_LIKE);
      if (end > upperEnd) {
        return end;
      }
      for (int at = upperEnd; at > from; at = before(text, from, at)) {
        if ((Characters.at(text, before(text, from, at), to) & LOWER_LIKE) != 0) {
          return at;
        }
      }
      return from;
    }

    /** {@code U+L*}. */
    private static int upperBeginning(char[] text, int from, int to) {
      int upperEnd = Characters.run(text, from, to, UPPER_LIKE);
      return upperEnd == from ? from : Characters.run(text, upperEnd, to, LOWER_LIKE);
    }

    private static int before(char[] text, int from, int at) {
      return at - 2 >= from
              && Character.isLowSurrogate(text[at - 1])
              && Character.isHighSurrogate(text[at - 2])
          ? at - 2
          : at - 1;
    }
  }

  /**
   * The last expression of DeepSeek-V3: {@code [!-/:-@\[-`{-~][A-Za-z]+|
   * [^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+}.
   */
  static int deepseekV3(char[] text, int from, int to) {
    int classes = Characters.at(text, from, to);
    if (text[from] < 0x80 && (classes & (PUNCTUATION | SYMBOL)) != 0) {
      int end = asciiLetters(text, from + 1, to);
      if (end > from + 1) {
        return end;
      }
    }
    int word = LETTER | MARK;
    int start = from;
    if ((classes & (word | PUNCTUATION | SYMBOL)) == 0 && !Matching.isLineEnd(text[from])) {
      start = Characters.after(text, from, to);
    }
    int end = Characters.run(text, start, to, word);
    if (end > start) {
      return end;
    }
    start = Matching.afterSpace(text, from, to);
    end = Characters.run(text, start, to, PUNCTUATION | SYMBOL);
    return end > start
        ? Matching.lineEnds(text, end, to, false)
        : Matching.whiteSpaceByLines(text, from, to);
  }

  /** {@code [class]+} with an optional character of {@code \s} before it. */
  static PieceRule spaceAndRun(PieceRule run) {
    return (text, from, to) -> {
      int start = Matching.afterAnySpace(text, from, to);
      int end = run.end(text, start, to);
      if (end > start || start == from) {
        return end;
      }
      return run.end(text, from, to);
    };
  }

  /** {@code [class]+} for Unicode classes. */
  static PieceRule run(int classes) {
    return (text, from, to) -> Characters.run(text, from, to, classes);
  }

  /** {@code [ranges]+}. */
  static PieceRule run(CharacterSet set) {
    return (text, from, to) -> {
      int at = from;
      while (at < to && set.contains(Characters.codePoint(text, at, to))) {
        at = Characters.after(text, at, to);
      }
      return at;
    };
  }

  /** {@code \p{N}{1,most}}. */
  static PieceRule numbers(int most) {
    return (text, from, to) -> Matching.numbers(text, from, to, most);
  }

  /** {@code [0-9][0-9][0-9]}. */
  static int threeDigits(char[] text, int from, int to) {
    for (int at = from; at < from + 3; at++) {
      if (at >= to || text[at] < '0' || text[at] > '9') {
        return from;
      }
    }
    return from + 3;
  }

  /** {@code \s+$}: white space that ends the text. */
  record TrailingSpace() implements PieceRule {

    @Override
    public int end(char[] text, int from, int to) {
      return Characters.run(text, from, to, SPACE) == to ? to : from;
    }

    @Override
    public int retryAt(char[] text, int from, int to) {
      return Math.max(from + 1, Characters.run(text, from, to, SPACE));
    }
  }

  /** {@code [\r\n]}. */
  static int lineEnd(char[] text, int from, int to) {
    return from < to && Matching.isLineEnd(text[from]) ? from + 1 : from;
  }

  /** {@code [\p{P}$+<=>^~|]+}, GPT-2's punctuation as Falcon and older files split it off. */
  static PieceRule punctuation(String symbols) {
    return (text, from, to) -> {
      int at = from;
      while (at < to
          && ((Characters.at(text, at, to) & PUNCTUATION) != 0 || symbols.indexOf(text[at]) >= 0)) {
        at = Characters.after(text, at, to);
      }
      return at;
    };
  }

  /** {@code ?[^(\s|.,!?…。，、।۔،)]+}. */
  static int untilSentenceMark(char[] text, int from, int to) {
    int start = Matching.afterSpace(text, from, to);
    int at = start;
    while (at < to
        && (Characters.at(text, at, to) & SPACE) == 0
        && "(|.,!?…。，、।۔،)".indexOf(text[at]) < 0) {
      at = Characters.after(text, at, to);
    }
    return at == start ? from : at;
  }

  /** {@code [^\r\n\p{L}\p{N}]?}, which must leave a character after it. */
  private static int afterPrefix(char[] text, int from, int to, int classes) {
    int after = Characters.after(text, from, to);
    boolean isPrefix = (classes & (LETTER | NUMBER)) == 0 && !Matching.isLineEnd(text[from]);
    return isPrefix && after < to ? after : from;
  }

  private static int asciiLetters(char[] text, int from, int to) {
    int at = from;
    while (at < to && (text[at] | 0x20) >= 'a' && (text[at] | 0x20) <= 'z') {
      at++;
    }
    return at;
  }
}
