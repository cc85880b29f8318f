package io.slinfer.constraint.schema;

import io.slinfer.constraint.Grammar;
import io.slinfer.constraint.GrammarBuilder;

/** Grammars of the texts that a regular expression matches from beginning to end. */
public final class RegexGrammar {

  private RegexGrammar() {}

  /**
   * The grammar of a pattern.
   *
   * @throws io.slinfer.constraint.ConstraintException if it is malformed or not regular
   */
  public static Grammar of(String pattern) {
    return new GrammarBuilder().build(RegexReader.whole(pattern));
  }
}
