package io.slinfer.constraint.schema;

import static io.slinfer.constraint.Expression.EMPTY;
import static io.slinfer.constraint.Expression.UNBOUNDED;
import static io.slinfer.constraint.Expression.characters;
import static io.slinfer.constraint.Expression.choice;
import static io.slinfer.constraint.Expression.optional;
import static io.slinfer.constraint.Expression.repeat;
import static io.slinfer.constraint.Expression.sequence;
import static io.slinfer.constraint.Expression.star;
import static io.slinfer.constraint.Expression.text;

import com.fasterxml.jackson.databind.node.TextNode;
import io.slinfer.constraint.CharacterSet;
import io.slinfer.constraint.Expression;
import io.slinfer.constraint.GrammarBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The grammar of JSON (RFC 8259), as rules in a builder. Numbers are kept within a double. */
public final class JsonSyntax {

  static final CharacterSet DIGIT = CharacterSet.range('0', '9');
  static final CharacterSet NONZERO_DIGIT = CharacterSet.range('1', '9');
  static final int MAX_INTEGER_DIGITS = 18;
  static final int MAX_FRACTION_DIGITS = 17;

  private static final CharacterSet CONTROL = CharacterSet.range(0, 0x1F);

  /** Characters that a string holds as they are. */
  static final CharacterSet PLAIN = CONTROL.union(CharacterSet.of("\"\\")).complement();

  private static final String SHORT_ESCAPED = "\"\\\b\f\n\r\t";
  private static final String SHORT_ESCAPES = "\"\\bfnrt";

  private final GrammarBuilder builder;
  private final Whitespace whitespace;

  public JsonSyntax(GrammarBuilder builder, Whitespace whitespace) {
    this.builder = builder;
    this.whitespace = whitespace;
  }

  GrammarBuilder builder() {
    return builder;
  }

  /** Optional white space. */
  public Expression space() {
    if (whitespace == Whitespace.COMPACT) {
      return EMPTY;
    }
    return builder.rule(
        "json-space",
        () ->
            optional(
                choice(
                    text(" "),
                    sequence(text("\n"), repeat(characters(CharacterSet.of(" \t")), 0, 20)))));
  }

  /** A string or key written as JSON. */
  public static Expression quoted(String value) {
    return text(TextNode.valueOf(value).toString());
  }

  /** Any string. */
  Expression string() {
    return strings(0, UNBOUNDED);
  }

  /** Strings of min to max characters (code points). */
  Expression strings(int min, int max) {
    String name = "json-string" + (min == 0 && max == UNBOUNDED ? "" : "-" + min + "-" + max);
    return builder.rule(name, () -> quotes(repeat(character(), min, max)));
  }

  static Expression quotes(Expression content) {
    return sequence(text("\""), content, text("\""));
  }

  /** One character of a string, in any of its written forms; never half a surrogate pair. */
  private static Expression character() {
    CharacterSet hex = hexDigits();
    CharacterSet notD = hex.minus(CharacterSet.of("dD"));
    Expression anyHex = characters(hex);
    Expression basic =
        sequence(
            text("\\u"),
            choice(
                sequence(characters(notD), repeat(anyHex, 3, 3)),
                sequence(
                    characters(CharacterSet.of("dD")),
                    characters(CharacterSet.range('0', '7')),
                    repeat(anyHex, 2, 2))));
    Expression pair =
        sequence(
            text("\\u"),
            characters(CharacterSet.of("dD")),
            characters(CharacterSet.of("89abAB")),
            repeat(anyHex, 2, 2),
            text("\\u"),
            characters(CharacterSet.of("dD")),
            characters(CharacterSet.of("cdefCDEF")),
            repeat(anyHex, 2, 2));
    Expression shortEscape = sequence(text("\\"), characters(CharacterSet.of(SHORT_ESCAPES + "/")));
    return choice(characters(PLAIN), shortEscape, basic, pair);
  }

  private static CharacterSet hexDigits() {
    return DIGIT.union(CharacterSet.range('a', 'f')).union(CharacterSet.range('A', 'F'));
  }

  /** One character of the set as a string holds it: escaped where it must be. */
  static Expression encoded(CharacterSet set) {
    List<Expression> forms = new ArrayList<>();
    if (!set.intersect(PLAIN).isEmpty()) {
      forms.add(characters(set.intersect(PLAIN)));
    }
    for (int i = 0; i < SHORT_ESCAPED.length(); i++) {
      if (set.contains(SHORT_ESCAPED.charAt(i))) {
        forms.add(text("\\" + SHORT_ESCAPES.charAt(i)));
      }
    }
    for (CharacterSet.Range range : set.intersect(CONTROL).ranges()) {
      for (int c = range.first(); c <= range.last(); c++) {
        if (SHORT_ESCAPED.indexOf(c) < 0) {
          String hex = "%04x".formatted(c);
          forms.add(choice(text("\\u" + hex), text("\\u" + hex.toUpperCase(Locale.ROOT))));
        }
      }
    }
    return new Expression.Choice(forms);
  }

  /** Any number whose value a double holds without overflow. */
  Expression number() {
    CharacterSet sign = CharacterSet.of("+-");
    return builder.rule(
        "json-number",
        () ->
            sequence(
                optional(text("-")),
                integerDigits(),
                optional(fraction(MAX_FRACTION_DIGITS)),
                optional(
                    sequence(
                        characters(CharacterSet.of("eE")),
                        optional(characters(sign)),
                        choice(
                            repeat(characters(DIGIT), 1, 2),
                            sequence(text("1"), repeat(characters(DIGIT), 2, 2)),
                            sequence(
                                text("2"),
                                characters(CharacterSet.range('0', '8')),
                                characters(DIGIT)))))));
  }

  /** A point and 1 to that many digits. */
  static Expression fraction(int maxDigits) {
    return sequence(text("."), repeat(characters(DIGIT), 1, maxDigits));
  }

  private static Expression integerDigits() {
    return choice(
        text("0"),
        sequence(characters(NONZERO_DIGIT), repeat(characters(DIGIT), 0, MAX_INTEGER_DIGITS - 1)));
  }

  /** Any integer of up to 18 digits. */
  Expression integer() {
    return builder.rule("json-integer", () -> sequence(optional(text("-")), integerDigits()));
  }

  static Expression bool() {
    return choice(text("true"), text("false"));
  }

  /** Any value. */
  public Expression value() {
    return builder.rule(
        "json-value", () -> choice(string(), number(), object(), array(), bool(), text("null")));
  }

  /** Any object. */
  public Expression object() {
    return builder.rule("json-object", () -> braces(list(member(string(), value()), 0, UNBOUNDED)));
  }

  private Expression array() {
    return builder.rule("json-array", () -> brackets(list(value(), 0, UNBOUNDED)));
  }

  /** A key and its value. */
  public Expression member(Expression key, Expression value) {
    return sequence(key, text(":"), space(), value);
  }

  /** A comma and white space. */
  public Expression comma() {
    return sequence(text(","), space());
  }

  Expression list(Expression item, int min, int max) {
    if (max == 0) {
      return EMPTY;
    }
    int more = max == UNBOUNDED ? UNBOUNDED : max - 1;
    Expression items = sequence(item, repeat(sequence(comma(), item), Math.max(0, min - 1), more));
    return min == 0 ? optional(items) : items;
  }

  /** These one after the other, with commas between. */
  Expression separated(List<Expression> items) {
    List<Expression> parts = new ArrayList<>();
    for (Expression item : items) {
      parts.add(parts.isEmpty() ? item : sequence(comma(), item));
    }
    return new Expression.Sequence(parts);
  }

  /** An object of these members. */
  public Expression braces(Expression members) {
    return enclosed("{", members, "}");
  }

  /** An array of these items. */
  public Expression brackets(Expression items) {
    return enclosed("[", items, "]");
  }

  /** The content is optional white space only where it may be empty. */
  private Expression enclosed(String open, Expression content, String close) {
    if (content instanceof Expression.Repeat inner && inner.min() == 0 && inner.max() == 1) {
      return sequence(text(open), space(), optional(sequence(inner.body(), space())), text(close));
    }
    return content.equals(EMPTY)
        ? sequence(text(open), space(), text(close))
        : sequence(text(open), space(), content, space(), text(close));
  }

  /** Zero or more characters that need no escape, and the closing quote. */
  Expression plainTail() {
    return builder.rule("json-plain-tail", () -> sequence(star(characters(PLAIN)), text("\"")));
  }
}
