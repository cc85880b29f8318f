package io.slinfer.constraint.schema;

import static io.slinfer.constraint.Expression.EMPTY;
import static io.slinfer.constraint.Expression.repeat;
import static io.slinfer.constraint.Expression.star;

import io.slinfer.constraint.CharacterSet;
import io.slinfer.constraint.ConstraintException;
import io.slinfer.constraint.Expression;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Reads the regular part of ECMA-262 patterns into the texts that match: characters, {@code .},
 * classes, {@code \d \w \s} and their complements, groups, alternation and quantifiers; anchors at
 * the ends of a whole alternative. Backreferences, look-around, word boundaries, flags and Unicode
 * properties are refused.
 */
final class RegexReader {

  private static final int MAX_NESTING = 100;
  private static final int MAX_LENGTH = 4096;
  private static final int MAX_COUNT = 100_000;

  private static final CharacterSet LINE_END = CharacterSet.of("\n\r\u2028\u2029");
  private static final CharacterSet WORD =
      CharacterSet.of("_")
          .union(CharacterSet.range('a', 'z'))
          .union(CharacterSet.range('A', 'Z'))
          .union(JsonSyntax.DIGIT);
  private static final CharacterSet SPACE =
      CharacterSet.of("\t\u000B\f \u00A0\uFEFF\u1680\u202F\u205F\u3000")
          .union(LINE_END)
          .union(CharacterSet.range(0x2000, 0x200A));
  private static final Expression ANYTHING = star(JsonSyntax.encoded(CharacterSet.ALL));

  private final String pattern;
  private final Function<CharacterSet, Expression> written;
  private final Expression around;
  private final Function<String, ConstraintException> refusal;
  private int at;

  /**
   * @param written one character of a set as texts have it
   * @param around what may stand where no anchor is
   * @param refusal makes the exception of a message
   */
  private RegexReader(
      String pattern,
      Function<CharacterSet, Expression> written,
      Expression around,
      Function<String, ConstraintException> refusal) {
    this.pattern = pattern;
    this.written = written;
    this.around = around;
    this.refusal = refusal;
  }

  /**
   * The content of the strings (without quotes) in which the pattern is found, as JSON holds them.
   *
   * @throws UnsupportedSchemaException if the pattern is malformed or not regular
   */
  static Expression read(String pattern, String path) {
    return new RegexReader(
            pattern,
            JsonSyntax::encoded,
            ANYTHING,
            message -> new UnsupportedSchemaException("pattern", path, message))
        .read();
  }

  /**
   * The texts that the pattern matches from beginning to end.
   *
   * @throws ConstraintException if the pattern is malformed or not regular
   */
  static Expression whole(String pattern) {
    return new RegexReader(
            pattern,
            Expression::characters,
            EMPTY,
            message -> new ConstraintException("the regular expression: " + message))
        .read();
  }

  private Expression read() {
    if (pattern.length() > MAX_LENGTH) {
      throw error("longer than " + MAX_LENGTH + " characters");
    }
    Expression result = pattern();
    if (at < pattern.length()) {
      throw error("unmatched )");
    }
    return result;
  }

  private Expression pattern() {
    List<Expression> alternatives = new ArrayList<>();
    do {
      boolean start = skip("^");
      Expression body = sequence(0);
      boolean end = skip("$");
      alternatives.add(Expression.sequence(start ? EMPTY : around, body, end ? EMPTY : around));
    } while (skip("|"));
    return new Expression.Choice(alternatives);
  }

  private Expression alternatives(int depth) {
    if (depth > MAX_NESTING) {
      throw error("groups are nested deeper than " + MAX_NESTING);
    }
    List<Expression> alternatives = new ArrayList<>();
    do {
      alternatives.add(sequence(depth));
    } while (skip("|"));
    return new Expression.Choice(alternatives);
  }

  private Expression sequence(int depth) {
    List<Expression> parts = new ArrayList<>();
    while (at < pattern.length() && peek() != '|' && peek() != ')') {
      if (peek() == '$' && depth == 0) {
        break;
      }
      parts.add(quantified(item(depth)));
    }
    return new Expression.Sequence(parts);
  }

  private Expression item(int depth) {
    int c = next();
    return switch (c) {
      case '.' -> written.apply(LINE_END.complement());
      case '[' -> written.apply(characterClass());
      case '(' -> group(depth);
      case '\\' -> written.apply(escape(false));
      case '^', '$' -> throw error("an anchor is supported only at the ends of the pattern");
      case '*', '+', '?' -> throw error("nothing to repeat");
      default -> written.apply(CharacterSet.range(c, c));
    };
  }

  private Expression group(int depth) {
    if (skip("?")) {
      if (skip("<") && peek() != '=' && peek() != '!') {
        int end = pattern.indexOf('>', at);
        if (end < 0) {
          throw error("a group's name is not closed");
        }
        at = end + 1;
      } else if (!skip(":")) {
        throw error("look-around and flags are not supported");
      }
    }
    Expression body = alternatives(depth + 1);
    if (!skip(")")) {
      throw error("a group is not closed");
    }
    return body;
  }

  private Expression quantified(Expression body) {
    Expression result = body;
    if (skip("*")) {
      result = repeat(body, 0, Expression.UNBOUNDED);
    } else if (skip("+")) {
      result = repeat(body, 1, Expression.UNBOUNDED);
    } else if (skip("?")) {
      result = repeat(body, 0, 1);
    } else if (peek() == '{' && at + 1 < pattern.length() && isDigit(pattern.charAt(at + 1))) {
      at++;
      int min = number();
      int max = !skip(",") ? min : peek() == '}' ? Expression.UNBOUNDED : number();
      if (!skip("}") || max < min) {
        throw error("a count is malformed");
      }
      result = repeat(body, min, max);
    } else {
      return body;
    }
    skip("?"); // A lazy quantifier matches the same strings.
    return result;
  }

  private CharacterSet characterClass() {
    boolean negated = skip("^");
    CharacterSet set = CharacterSet.NONE;
    while (peek() != ']') {
      if (at >= pattern.length()) {
        throw error("a character class is not closed");
      }
      CharacterSet first = classMember();
      if (peek() == '-' && at + 1 < pattern.length() && pattern.charAt(at + 1) != ']') {
        at++;
        CharacterSet last = classMember();
        if (!isSingle(first) || !isSingle(last)) {
          throw error("a range in a character class needs single characters");
        }
        int from = first.ranges().getFirst().first();
        int to = last.ranges().getFirst().first();
        if (to < from) {
          throw error("a range in a character class has its ends the wrong way round");
        }
        first = CharacterSet.range(from, to);
      }
      set = set.union(first);
    }
    at++;
    return negated ? set.complement() : set;
  }

  private static boolean isSingle(CharacterSet set) {
    return set.ranges().size() == 1
        && set.ranges().getFirst().first() == set.ranges().getFirst().last();
  }

  private CharacterSet classMember() {
    int c = next();
    return c == '\\' ? escape(true) : CharacterSet.range(c, c);
  }

  private CharacterSet escape(boolean inClass) {
    int c = next();
    return switch (c) {
      case 'd' -> JsonSyntax.DIGIT;
      case 'D' -> JsonSyntax.DIGIT.complement();
      case 'w' -> WORD;
      case 'W' -> WORD.complement();
      case 's' -> SPACE;
      case 'S' -> SPACE.complement();
      case 'n' -> CharacterSet.of("\n");
      case 'r' -> CharacterSet.of("\r");
      case 't' -> CharacterSet.of("\t");
      case 'f' -> CharacterSet.of("\f");
      case 'v' -> CharacterSet.of("\u000B");
      case '0' -> CharacterSet.range(0, 0);
      case 'x' -> hex(2);
      case 'u' -> hex(4);
      default -> {
        if (inClass && c == 'b') {
          yield CharacterSet.of("\b");
        }
        if (WORD.contains(c)) {
          throw error("\\" + Character.toString(c) + " is not supported");
        }
        yield CharacterSet.range(c, c);
      }
    };
  }

  private CharacterSet hex(int digits) {
    int value = 0;
    for (int i = 0; i < digits; i++) {
      int digit = Character.digit(next(), 16);
      if (digit < 0) {
        throw error("an escape needs " + digits + " hex digits");
      }
      value = value * 16 + digit;
    }
    if (value >= 0xD800 && value <= 0xDFFF) {
      throw error("surrogate escapes are not supported");
    }
    return CharacterSet.range(value, value);
  }

  private int number() {
    int start = at;
    while (isDigit(peek())) {
      at++;
    }
    if (at == start || at - start > 6 || Integer.parseInt(pattern, start, at, 10) > MAX_COUNT) {
      throw error("a count must be a number from 0 to " + MAX_COUNT);
    }
    return Integer.parseInt(pattern, start, at, 10);
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  private boolean skip(String expected) {
    boolean found = pattern.startsWith(expected, at);
    if (found) {
      at += expected.length();
    }
    return found;
  }

  /** The next UTF-16 unit, or 0 at the end. */
  private char peek() {
    return at < pattern.length() ? pattern.charAt(at) : 0;
  }

  private int next() {
    if (at >= pattern.length()) {
      throw error("the pattern is cut off");
    }
    int c = pattern.codePointAt(at);
    at += Character.charCount(c);
    return c;
  }

  private ConstraintException error(String message) {
    return refusal.apply(message + " (position " + at + " of " + pattern + ")");
  }
}
