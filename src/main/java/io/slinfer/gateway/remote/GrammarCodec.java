package io.slinfer.gateway.remote;

import io.slinfer.constraint.CharacterSet;
import io.slinfer.constraint.Expression;
import io.slinfer.constraint.Grammar;
import java.util.LinkedHashMap;
import java.util.Map;

/** Grammars as bytes. */
final class GrammarCodec {

  private static final int TEXT = 1;
  private static final int MARKER = 2;
  private static final int CHARACTERS = 3;
  private static final int SEQUENCE = 4;
  private static final int CHOICE = 5;
  private static final int REPEAT = 6;
  private static final int RULE = 7;

  /** Deeper expressions are refused: reading them takes stack. */
  private static final int MOST_DEPTH = 1_000;

  private GrammarCodec() {}

  static void write(WireOut out, Grammar grammar) {
    out.text(grammar.start());
    out.all(
        grammar.rules().entrySet(),
        rule -> {
          out.text(rule.getKey());
          write(out, rule.getValue());
        });
  }

  static Grammar read(WireIn in) {
    String start = in.text();
    Map<String, Expression> rules = new LinkedHashMap<>();
    in.all(() -> rules.put(in.text(), expression(in, 0)));
    return new Grammar(rules, start);
  }

  private static void write(WireOut out, Expression expression) {
    switch (expression) {
      case Expression.Text text -> out.number(TEXT).text(text.text());
      case Expression.Marker marker -> out.number(MARKER).text(marker.text());
      case Expression.Characters characters ->
          out.number(CHARACTERS)
              .all(
                  characters.set().ranges(),
                  range -> out.number(range.first()).number(range.last()));
      case Expression.Sequence sequence ->
          out.number(SEQUENCE).all(sequence.parts(), part -> write(out, part));
      case Expression.Choice choice ->
          out.number(CHOICE).all(choice.alternatives(), part -> write(out, part));
      case Expression.Repeat repeat -> {
        out.number(REPEAT).number(repeat.min()).number(repeat.max());
        write(out, repeat.body());
      }
      case Expression.Rule rule -> out.number(RULE).text(rule.name());
    }
  }

  private static Expression expression(WireIn in, int depth) {
    if (depth > MOST_DEPTH) {
      throw new WireException("a grammar is nested deeper than " + MOST_DEPTH);
    }
    int kind = in.integer();
    return switch (kind) {
      case TEXT -> new Expression.Text(in.text());
      case MARKER -> new Expression.Marker(in.text());
      case CHARACTERS -> new Expression.Characters(characters(in));
      case SEQUENCE -> new Expression.Sequence(in.all(() -> expression(in, depth + 1)));
      case CHOICE -> new Expression.Choice(in.all(() -> expression(in, depth + 1)));
      case REPEAT -> {
        int min = in.integer();
        int max = in.integer();
        yield new Expression.Repeat(expression(in, depth + 1), min, max);
      }
      case RULE -> new Expression.Rule(in.text());
      default -> throw new WireException("expression kind " + kind);
    };
  }

  private static CharacterSet characters(WireIn in) {
    return in.all(() -> CharacterSet.range(in.integer(), in.integer())).stream()
        .reduce(CharacterSet.NONE, CharacterSet::union);
  }
}
