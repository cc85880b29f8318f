package io.slinfer.constraint;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Puts small rules that name no others in the places that use them. A token often spans many uses
 * of a rule like {@code char ::= [^"]}; inlined, they share one part of the automaton, whose masks
 * do not depend on who called it.
 */
final class RuleInliner {

  private static final int MAX_SIZE = 64;

  private RuleInliner() {}

  static Map<String, Expression> inline(Map<String, Expression> rules, String start) {
    Map<String, Expression> left = new LinkedHashMap<>(rules);
    while (true) {
      Map<String, Expression> small = new HashMap<>();
      left.forEach(
          (name, body) -> {
            if (!name.equals(start) && size(body) <= MAX_SIZE) {
              small.put(name, body);
            }
          });
      if (small.isEmpty()) {
        return left;
      }
      left.keySet().removeAll(small.keySet());
      left.replaceAll((_, body) -> body.replaceRules(small));
    }
  }

  /** The number of parts, or more than any limit if a rule is named. */
  private static long size(Expression expression) {
    return switch (expression) {
      case Expression.Rule _ -> Integer.MAX_VALUE;
      case Expression.Text text -> text.text().length();
      case Expression.Marker _ -> 1;
      case Expression.Characters characters -> characters.set().ranges().size();
      case Expression.Sequence sequence ->
          1 + sequence.parts().stream().mapToLong(RuleInliner::size).sum();
      case Expression.Choice choice ->
          1 + choice.alternatives().stream().mapToLong(RuleInliner::size).sum();
      case Expression.Repeat repeat -> 1 + size(repeat.body());
    };
  }
}
