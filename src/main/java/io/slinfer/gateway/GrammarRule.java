package io.slinfer.gateway;

import io.slinfer.constraint.ConstraintException;
import io.slinfer.constraint.ConstraintState;
import io.slinfer.constraint.Grammar;
import io.slinfer.constraint.TokenConstraint;
import io.slinfer.request.TokenRule;

/**
 * A compiled grammar as the rule of a request.
 *
 * @param key equal for equal grammars
 * @param grammar what it was compiled from
 */
record GrammarRule(String key, Grammar grammar, TokenConstraint constraint) implements TokenRule {

  @Override
  public Progress start() {
    return new GrammarProgress(constraint.start());
  }

  private record GrammarProgress(ConstraintState state) implements Progress {

    @Override
    public long[] allowed() {
      try {
        return state.allowedTokens();
      } catch (ConstraintException ambiguous) {
        throw new IllegalStateException(ambiguous.getMessage(), ambiguous);
      }
    }

    @Override
    public void accept(int token) {
      state.accept(token);
    }

    @Override
    public boolean isComplete() {
      return state.mustEnd();
    }
  }
}
