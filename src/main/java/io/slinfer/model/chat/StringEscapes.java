package io.slinfer.model.chat;

/** Python's backslash escapes in a string literal. */
final class StringEscapes {

  private static final String SIMPLE = "\\'\"abfnrtv";
  private static final String MEANING = "\\'\"\u0007\b\f\n\r\t\u000b";

  private StringEscapes() {}

  static String decode(String literal, int line) {
    if (literal.indexOf('\\') < 0) {
      return literal;
    }
    StringBuilder out = new StringBuilder(literal.length());
    int i = 0;
    while (i < literal.length()) {
      char character = literal.charAt(i++);
      if (character != '\\') {
        out.append(character);
        continue;
      }
      char code = literal.charAt(i++);
      int simple = SIMPLE.indexOf(code);
      if (simple >= 0) {
        out.append(MEANING.charAt(simple));
      } else if (code == 'x' || code == 'u' || code == 'U') {
        int digits = code == 'x' ? 2 : code == 'u' ? 4 : 8;
        out.appendCodePoint(hexadecimal(literal, i, digits, line));
        i += digits;
      } else if (code >= '0' && code <= '7') {
        int end = i;
        while (end < literal.length() && end < i + 2 && isOctal(literal.charAt(end))) {
          end++;
        }
        out.appendCodePoint(Integer.parseInt(literal, i - 1, end, 8));
        i = end;
      } else if (code != '\n') {
        out.append('\\').append(code);
      }
    }
    return out.toString();
  }

  private static boolean isOctal(char character) {
    return character >= '0' && character <= '7';
  }

  private static int hexadecimal(String literal, int start, int digits, int line) {
    try {
      if (start + digits <= literal.length() && literal.charAt(start) != '-') {
        int point = Integer.parseUnsignedInt(literal, start, start + digits, 16);
        if (Character.isValidCodePoint(point)) {
          return point;
        }
      }
    } catch (NumberFormatException notHexadecimal) {
      // reported below with the cases of a short or too large one
    }
    throw ChatTemplateException.syntax(line, "a \\x, \\u or \\U escape is not valid");
  }
}
