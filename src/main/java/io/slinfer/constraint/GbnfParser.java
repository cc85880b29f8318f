package io.slinfer.constraint;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads GBNF: rules {@code name ::= body}, literals, character classes, {@code .}, groups, {@code
 * |}, the postfixes {@code * + ? {m} {m,} {m,n}} and {@code #} comments. A rule's body ends where
 * the next {@code name ::=} begins. Errors name line and column, counted from 1.
 */
final class GbnfParser {

  private static final int MAX_NESTING = 200;
  private static final int MAX_POSTFIXES = 8;
  private static final int MAX_LENGTH = 1 << 20;
  private static final int MAX_REPEAT = 1 << 20;

  /** Where a rule is first used, for the error if it is never defined. */
  private final Map<String, Integer> uses = new LinkedHashMap<>();

  private final Map<String, Expression> rules = new LinkedHashMap<>();
  private final String text;
  private int at;

  GbnfParser(String text) {
    if (text.length() > MAX_LENGTH) {
      throw new ConstraintException("the grammar is longer than " + MAX_LENGTH + " characters");
    }
    this.text = text;
  }

  Grammar parse() {
    skipSpace();
    while (at < text.length()) {
      int nameAt = at;
      String name = name();
      if (name.isEmpty()) {
        throw error("expected the name of a rule", at);
      }
      skipSpace();
      if (!text.startsWith("::=", at)) {
        throw error("expected ::= after " + name, at);
      }
      at += 3;
      if (rules.put(name, choice(0)) != null) {
        throw error("rule " + name + " is defined twice", nameAt);
      }
    }
    uses.forEach(
        (name, where) -> {
          if (!rules.containsKey(name)) {
            throw error("rule " + name + " is not defined", where);
          }
        });
    if (!rules.containsKey("root")) {
      throw error("there is no rule root", 0);
    }
    return new Grammar(RuleInliner.inline(rules, "root"), "root");
  }

  private Expression choice(int depth) {
    if (depth > MAX_NESTING) {
      throw error("groups are nested deeper than " + MAX_NESTING, at);
    }
    List<Expression> alternatives = new ArrayList<>();
    alternatives.add(sequence(depth));
    while (peek() == '|') {
      at++;
      alternatives.add(sequence(depth));
    }
    return alternatives.size() == 1 ? alternatives.getFirst() : new Expression.Choice(alternatives);
  }

  private Expression sequence(int depth) {
    List<Expression> parts = new ArrayList<>();
    skipSpace();
    while (at < text.length() && peek() != '|' && peek() != ')' && !startsRule()) {
      parts.add(postfixes(item(depth)));
      skipSpace();
    }
    return parts.size() == 1 ? parts.getFirst() : new Expression.Sequence(parts);
  }

  private boolean startsRule() {
    int start = at;
    boolean starts = !name().isEmpty();
    skipSpace();
    starts &= text.startsWith("::=", at);
    at = start;
    return starts;
  }

  private Expression item(int depth) {
    switch (peek()) {
      case '"' -> {
        return literal();
      }
      case '[' -> {
        return Expression.characters(characterClass());
      }
      case '.' -> {
        at++;
        return Expression.characters(CharacterSet.ALL);
      }
      case '(' -> {
        int open = at++;
        Expression group = choice(depth + 1);
        if (peek() != ')') {
          throw error("this group is not closed", open);
        }
        at++;
        return group;
      }
      default -> {
        int where = at;
        String name = name();
        if (name.isEmpty()) {
          throw error("unexpected " + shown(), at);
        }
        uses.putIfAbsent(name, where);
        return new Expression.Rule(name);
      }
    }
  }

  private Expression postfixes(Expression body) {
    Expression result = body;
    for (int count = 0; ; count++) {
      skipSpaceInLine();
      if (count > MAX_POSTFIXES) {
        throw error("more than " + MAX_POSTFIXES + " postfixes on one item", at);
      }
      switch (peek()) {
        case '*' -> result = Expression.repeat(result, 0, Expression.UNBOUNDED);
        case '+' -> result = Expression.repeat(result, 1, Expression.UNBOUNDED);
        case '?' -> result = Expression.repeat(result, 0, 1);
        case '{' -> {
          result = counted(result);
          continue;
        }
        default -> {
          return result;
        }
      }
      at++;
    }
  }

  private Expression counted(Expression body) {
    int open = at++;
    int min = number(open);
    int max = min;
    if (peek() == ',') {
      at++;
      skipSpaceInLine();
      max = peek() == '}' ? Expression.UNBOUNDED : number(open);
    }
    if (peek() != '}') {
      throw error("expected } to end this count", open);
    }
    at++;
    if (max < min) {
      throw error("the count {" + min + "," + max + "} has its bounds the wrong way round", open);
    }
    return Expression.repeat(body, min, max);
  }

  private int number(int open) {
    skipSpaceInLine();
    int start = at;
    while (peek() >= '0' && peek() <= '9') {
      at++;
    }
    if (at == start || at - start > 7 || Integer.parseInt(text, start, at, 10) > MAX_REPEAT) {
      throw error("a count must be a number from 0 to " + MAX_REPEAT, open);
    }
    int value = Integer.parseInt(text, start, at, 10);
    skipSpaceInLine();
    return value;
  }

  private Expression literal() {
    int open = at++;
    StringBuilder value = new StringBuilder();
    while (peek() != '"') {
      if (at >= text.length() || peek() == '\n') {
        throw error("this literal is not closed", open);
      }
      value.appendCodePoint(character());
    }
    at++;
    return Expression.text(value.toString());
  }

  private CharacterSet characterClass() {
    int open = at++;
    boolean negated = peek() == '^';
    if (negated) {
      at++;
    }
    List<CharacterSet.Range> ranges = new ArrayList<>();
    while (peek() != ']') {
      if (at >= text.length()) {
        throw error("this character class is not closed", open);
      }
      int where = at;
      int first = character();
      int last = first;
      if (peek() == '-' && at + 1 < text.length() && text.charAt(at + 1) != ']') {
        at++;
        last = character();
      }
      if (last < first) {
        throw error("this range has its ends the wrong way round", where);
      }
      ranges.addAll(CharacterSet.range(first, last).ranges());
    }
    at++;
    CharacterSet set = CharacterSet.joined(ranges);
    return negated ? set.complement() : set;
  }

  /** One character, written as itself or escaped. */
  private int character() {
    int where = at;
    int c = text.codePointAt(at);
    at += Character.charCount(c);
    if (c != '\\') {
      return c;
    }
    if (at >= text.length()) {
      throw error("an escape is cut off", where);
    }
    char kind = text.charAt(at++);
    return switch (kind) {
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'x' -> hex(2, where);
      case 'u' -> hex(4, where);
      case 'U' -> hex(8, where);
      case '\\', '"', '[', ']', '-', '^', '\'' -> kind;
      default -> throw error("\\" + kind + " is no escape; use n r t xHH uHHHH UHHHHHHHH", where);
    };
  }

  private int hex(int digits, int where) {
    long value = 0;
    for (int i = 0; i < digits; i++) {
      int digit = at < text.length() ? Character.digit(text.charAt(at++), 16) : -1;
      if (digit < 0) {
        throw error("this escape needs " + digits + " hex digits", where);
      }
      value = value * 16 + digit;
    }
    if (value > Character.MAX_CODE_POINT || (value >= 0xD800 && value <= 0xDFFF)) {
      throw error("this escape is no Unicode character", where);
    }
    return (int) value;
  }

  private String name() {
    int start = at;
    while (at < text.length() && isNameCharacter(text.charAt(at))) {
      at++;
    }
    return text.substring(start, at);
  }

  private static boolean isNameCharacter(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '-'
        || c == '_';
  }

  private void skipSpaceInLine() {
    while (peek() == ' ' || peek() == '\t') {
      at++;
    }
  }

  private void skipSpace() {
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '#') {
        int end = text.indexOf('\n', at);
        at = end < 0 ? text.length() : end;
      } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        at++;
      } else {
        return;
      }
    }
  }

  /** The next character, or 0 at the end. */
  private char peek() {
    return at < text.length() ? text.charAt(at) : 0;
  }

  private String shown() {
    return at < text.length() ? Character.toString(text.codePointAt(at)) : "end of the grammar";
  }

  private ConstraintException error(String message, int where) {
    int line = 1;
    int lineStart = 0;
    for (int i = 0; i < where; i++) {
      if (text.charAt(i) == '\n') {
        line++;
        lineStart = i + 1;
      }
    }
    int column = where - lineStart + 1;
    return new ConstraintException("grammar line " + line + ", column " + column + ": " + message);
  }
}
