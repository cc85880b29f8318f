package io.slinfer.model.chat;

import java.util.Locale;
import java.util.function.IntPredicate;

/** Case, padding and kinds of characters, as Python's {@code str} has them. */
final class StringShapes {

  private StringShapes() {}

  static String capitalized(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int first = text.offsetByCodePoints(0, 1);
    return title(text.codePointAt(0)) + text.substring(first).toLowerCase(Locale.ROOT);
  }

  /** Each letter after something that is no letter in title case, the others lower. */
  static String titled(String text) {
    StringBuilder out = new StringBuilder(text.length());
    boolean inWord = false;
    for (int point : text.codePoints().toArray()) {
      String character = Character.toString(point);
      out.append(inWord ? character.toLowerCase(Locale.ROOT) : title(point));
      inWord = isCased(point);
    }
    return out.toString();
  }

  private static String title(int point) {
    int title = Character.toTitleCase(point);
    return title == point
        ? Character.toString(point).toUpperCase(Locale.ROOT)
        : Character.toString(title);
  }

  static String casefolded(String text) {
    return text.replace("ß", "ss").toLowerCase(Locale.ROOT).replace("ς", "σ");
  }

  static String swapped(String text) {
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints()
        .mapToObj(
            point -> {
              String character = Character.toString(point);
              return Character.isUpperCase(point)
                  ? character.toLowerCase(Locale.ROOT)
                  : character.toUpperCase(Locale.ROOT);
            })
        .forEach(out::append);
    return out.toString();
  }

  private static boolean isCased(int point) {
    return Character.isUpperCase(point)
        || Character.isLowerCase(point)
        || Character.isTitleCase(point);
  }

  static boolean isLower(String text) {
    return text.codePoints().anyMatch(Character::isLowerCase)
        && text.codePoints()
            .noneMatch(point -> Character.isUpperCase(point) || Character.isTitleCase(point));
  }

  static boolean isUpper(String text) {
    return text.codePoints().anyMatch(Character::isUpperCase)
        && text.codePoints()
            .noneMatch(point -> Character.isLowerCase(point) || Character.isTitleCase(point));
  }

  static boolean isTitle(String text) {
    boolean inWord = false;
    boolean any = false;
    for (int point : text.codePoints().toArray()) {
      boolean upper = Character.isUpperCase(point) || Character.isTitleCase(point);
      if (upper && inWord || Character.isLowerCase(point) && !inWord) {
        return false;
      }
      inWord = isCased(point);
      any |= inWord;
    }
    return any;
  }

  static boolean isNumeric(int point) {
    int type = Character.getType(point);
    return type == Character.DECIMAL_DIGIT_NUMBER
        || type == Character.LETTER_NUMBER
        || type == Character.OTHER_NUMBER;
  }

  static boolean all(String text, IntPredicate kind) {
    return !text.isEmpty() && text.codePoints().allMatch(kind);
  }

  /** How many code points the text lacks to a width. */
  static int missing(String text, int width, Budget budget) {
    budget.spendText(Math.max(0, width));
    return Math.max(0, width - CodePoints.length(text));
  }

  static String fill(String text, Arguments.Bound arguments, Budget budget) {
    arguments.required(0);
    return fillCharacter(arguments.text(1, " "))
        .repeat(missing(text, arguments.integer(0, 0), budget));
  }

  static String centered(String text, int width, String fill, Budget budget) {
    int missing = missing(text, width, budget);
    int left = missing / 2 + (missing & width & 1);
    return fillCharacter(fill).repeat(left) + text + fill.repeat(missing - left);
  }

  private static String fillCharacter(String fill) {
    if (CodePoints.length(fill) != 1) {
      throw ChatTemplateException.runtime("The fill character must be exactly one character long");
    }
    return fill;
  }

  static String expandTabs(String text, Arguments.Bound arguments, Budget budget) {
    int size = arguments.integer(0, 8);
    budget.spendText(
        (long) text.length() + text.chars().filter(c -> c == '\t').count() * Math.max(0, size));
    StringBuilder out = new StringBuilder();
    int column = 0;
    for (int point : text.codePoints().toArray()) {
      if (point == '\t') {
        int spaces = size > 0 ? size - column % size : 0;
        out.repeat(' ', spaces);
        column += spaces;
      } else {
        out.appendCodePoint(point);
        column = point == '\n' || point == '\r' ? 0 : column + 1;
      }
    }
    return out.toString();
  }
}
