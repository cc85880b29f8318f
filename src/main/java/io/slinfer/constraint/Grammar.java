package io.slinfer.constraint;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Named rules, each an expression that may name rules, and the rule to start from. Immutable.
 *
 * @param rules in the order in which they were made
 */
public record Grammar(Map<String, Expression> rules, String start) {

  public Grammar {
    rules = Collections.unmodifiableMap(new LinkedHashMap<>(rules));
    if (!rules.containsKey(start)) {
      throw new ConstraintException("the grammar has no rule " + start);
    }
    for (Map.Entry<String, Expression> rule : rules.entrySet()) {
      check(rule.getKey(), rule.getValue(), rules);
    }
  }

  /** The grammar of a text in GBNF; it starts from the rule {@code root}. */
  public static Grammar parse(String gbnf) {
    return new GbnfParser(gbnf).parse();
  }

  /** The texts of one grammar or of the other. */
  public static Grammar either(Grammar one, Grammar other) {
    Map<String, Expression> all = new LinkedHashMap<>();
    Expression first = one.addTo(all, "one-");
    Expression second = other.addTo(all, "other-");
    all.put("root", Expression.choice(first, second));
    return new Grammar(all, "root");
  }

  /** Adds the rules under longer names; the start's. */
  private Expression addTo(Map<String, Expression> all, String prefix) {
    Map<String, Expression> names = new LinkedHashMap<>();
    rules.keySet().forEach(name -> names.put(name, new Expression.Rule(prefix + name)));
    rules.forEach((name, body) -> all.put(prefix + name, body.replaceRules(names)));
    return names.get(start);
  }

  private static void check(String name, Expression body, Map<String, Expression> rules) {
    switch (body) {
      case Expression.Text _, Expression.Marker _, Expression.Characters _ -> {}
      case Expression.Rule rule -> {
        if (!rules.containsKey(rule.name())) {
          throw new ConstraintException(
              "rule " + name + " uses " + rule.name() + ", which is not defined");
        }
      }
      case Expression.Sequence sequence ->
          sequence.parts().forEach(part -> check(name, part, rules));
      case Expression.Choice choice ->
          choice.alternatives().forEach(part -> check(name, part, rules));
      case Expression.Repeat repeat -> check(name, repeat.body(), rules);
    }
  }
}
