package io.slinfer.model.tokenizer;

/**
 * Classes of characters as the pre-tokenizers' expressions name them, and runs of them in UTF-16
 * text. All indices are chars; a surrogate pair is one character, a lone surrogate is a symbol (it
 * is encoded as U+FFFD).
 */
final class Characters {

  /** {@code \p{L}}. */
  static final int LETTER = 1;

  /** {@code \p{N}}. */
  static final int NUMBER = 2;

  /** {@code \p{M}}. */
  static final int MARK = 4;

  /** {@code \s}: the Unicode property White_Space. */
  static final int SPACE = 8;

  /** {@code \p{P}}. */
  static final int PUNCTUATION = 16;

  /** {@code \p{S}}. */
  static final int SYMBOL = 32;

  /** {@code [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]}. */
  static final int UPPER_LIKE = 64;

  /** {@code [\p{Ll}\p{Lm}\p{Lo}\p{M}]}. */
  static final int LOWER_LIKE = 128;

  private static final byte[] BASIC_PLANE = new byte[1 << 16];

  static {
    for (int c = 0; c < BASIC_PLANE.length; c++) {
      BASIC_PLANE[c] = (byte) classesOf(c);
    }
  }

  private Characters() {}

  /** The classes of the character at an index, 0 at or past the end. */
  static int at(char[] text, int index, int end) {
    if (index >= end) {
      return 0;
    }
    char c = text[index];
    return isPair(text, index, end)
        ? classesOf(Character.toCodePoint(c, text[index + 1]))
        : BASIC_PLANE[c] & 0xff;
  }

  /** The index after the character at an index. */
  static int after(char[] text, int index, int end) {
    return isPair(text, index, end) ? index + 2 : index + 1;
  }

  /** The end of the run of characters from an index on that are in any of the classes. */
  static int run(char[] text, int index, int end, int classes) {
    int at = index;
    while (at < end && (at(text, at, end) & classes) != 0) {
      at = after(text, at, end);
    }
    return at;
  }

  /** The end of the run of characters from an index on that are in none of the classes. */
  static int runOfOthers(char[] text, int index, int end, int classes) {
    int at = index;
    while (at < end && (at(text, at, end) & classes) == 0) {
      at = after(text, at, end);
    }
    return at;
  }

  /** The code point at an index; a lone surrogate is U+FFFD. */
  static int codePoint(char[] text, int index, int end) {
    char c = text[index];
    if (isPair(text, index, end)) {
      return Character.toCodePoint(c, text[index + 1]);
    }
    return Character.isSurrogate(c) ? 0xFFFD : c;
  }

  private static boolean isPair(char[] text, int index, int end) {
    return Character.isHighSurrogate(text[index])
        && index + 1 < end
        && Character.isLowSurrogate(text[index + 1]);
  }

  private static int classesOf(int codePoint) {
    if (isWhiteSpace(codePoint)) {
      return SPACE;
    }
    return switch (Character.getType(codePoint)) {
      case Character.UPPERCASE_LETTER, Character.TITLECASE_LETTER -> LETTER | UPPER_LIKE;
      case Character.LOWERCASE_LETTER -> LETTER | LOWER_LIKE;
      case Character.MODIFIER_LETTER, Character.OTHER_LETTER -> LETTER | UPPER_LIKE | LOWER_LIKE;
      case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.COMBINING_SPACING_MARK ->
          MARK | UPPER_LIKE | LOWER_LIKE;
      case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER ->
          NUMBER;
      case Character.CONNECTOR_PUNCTUATION,
          Character.DASH_PUNCTUATION,
          Character.START_PUNCTUATION,
          Character.END_PUNCTUATION,
          Character.INITIAL_QUOTE_PUNCTUATION,
          Character.FINAL_QUOTE_PUNCTUATION,
          Character.OTHER_PUNCTUATION ->
          PUNCTUATION;
      case Character.MATH_SYMBOL,
          Character.CURRENCY_SYMBOL,
          Character.MODIFIER_SYMBOL,
          Character.OTHER_SYMBOL,
          Character.SURROGATE ->
          SYMBOL;
      default -> 0;
    };
  }

  private static boolean isWhiteSpace(int codePoint) {
    return codePoint >= 0x09 && codePoint <= 0x0D
        || codePoint == 0x20
        || codePoint == 0x85
        || codePoint == 0xA0
        || codePoint == 0x1680
        || codePoint >= 0x2000 && codePoint <= 0x200A
        || codePoint == 0x2028
        || codePoint == 0x2029
        || codePoint == 0x202F
        || codePoint == 0x205F
        || codePoint == 0x3000;
  }
}
