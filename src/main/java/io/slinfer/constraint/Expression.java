package io.slinfer.constraint;

import java.util.List;
import java.util.Map;

/** A set of texts, written as an expression over characters. Immutable. */
public sealed interface Expression {

  /** The upper bound of a repeat that has none. */
  int UNBOUNDED = Integer.MAX_VALUE;

  /** The empty text. */
  Expression EMPTY = new Sequence(List.of());

  /** Exactly this text; it has no lone surrogates. */
  record Text(String text) implements Expression {
    public Text {
      if (text.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= 0xDFFF)) {
        throw new ConstraintException("a text holds a lone surrogate, which UTF-8 cannot write");
      }
    }
  }

  /** The control token of this written form where the vocabulary has one, else the text. */
  record Marker(String text) implements Expression {}

  /** Any one character of the set. */
  record Characters(CharacterSet set) implements Expression {}

  /** One part after the other. */
  record Sequence(List<Expression> parts) implements Expression {
    public Sequence {
      parts = List.copyOf(parts);
    }
  }

  /** Any one of the alternatives; none at all is the empty set. */
  record Choice(List<Expression> alternatives) implements Expression {
    public Choice {
      alternatives = List.copyOf(alternatives);
    }
  }

  /** The body {@code min} to {@code max} times. */
  record Repeat(Expression body, int min, int max) implements Expression {
    public Repeat {
      if (min < 0 || max < min) {
        throw new ConstraintException("repeat {" + min + "," + max + "} has no valid count");
      }
    }
  }

  /** What the rule of this name stands for. */
  record Rule(String name) implements Expression {}

  static Expression text(String text) {
    return new Text(text);
  }

  static Expression characters(CharacterSet set) {
    return new Characters(set);
  }

  static Expression sequence(Expression... parts) {
    return new Sequence(List.of(parts));
  }

  static Expression choice(Expression... alternatives) {
    return new Choice(List.of(alternatives));
  }

  static Expression optional(Expression body) {
    return new Repeat(body, 0, 1);
  }

  static Expression star(Expression body) {
    return new Repeat(body, 0, UNBOUNDED);
  }

  static Expression repeat(Expression body, int min, int max) {
    return new Repeat(body, min, max);
  }

  /** This expression with some rules' names replaced by expressions. */
  default Expression replaceRules(Map<String, Expression> replacements) {
    return switch (this) {
      case Text text -> text;
      case Marker marker -> marker;
      case Characters characters -> characters;
      case Rule rule -> replacements.getOrDefault(rule.name, rule);
      case Sequence sequence ->
          new Sequence(sequence.parts.stream().map(e -> e.replaceRules(replacements)).toList());
      case Choice choice ->
          new Choice(choice.alternatives.stream().map(e -> e.replaceRules(replacements)).toList());
      case Repeat repeat ->
          new Repeat(repeat.body.replaceRules(replacements), repeat.min, repeat.max);
    };
  }
}
