package io.slinfer.constraint;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** Collects the rules of a grammar that is built by program. Confined to its user. */
public final class GrammarBuilder {

  private static final int MAX_RULES = 50_000;
  private static final String START = "root";

  private final Map<String, Expression> rules = new LinkedHashMap<>();
  private int names;

  /**
   * The rule of this name, defined now unless it is already; its body may name the rule itself.
   *
   * @throws ConstraintException if there are too many rules
   */
  public Expression rule(String name, Supplier<Expression> body) {
    if (!rules.containsKey(name)) {
      if (rules.size() == MAX_RULES) {
        throw new ConstraintException("the grammar has more than " + MAX_RULES + " rules");
      }
      rules.put(name, Expression.EMPTY);
      rules.put(name, body.get());
    }
    return new Expression.Rule(name);
  }

  /** A new rule, of a name made from the hint. */
  public Expression newRule(String hint, Expression body) {
    return rule(newName(hint), () -> body);
  }

  /** A name that no other call returns for this hint. */
  public String newName(String hint) {
    return hint + "-" + names++;
  }

  /** The grammar of all rules so far that starts with this expression. */
  public Grammar build(Expression start) {
    Map<String, Expression> all = new LinkedHashMap<>(rules);
    all.put(START, start);
    return new Grammar(all, START);
  }
}
