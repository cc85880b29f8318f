package io.slinfer.gateway;

import io.slinfer.constraint.Grammar;
import io.slinfer.request.TokenRule;
import io.vertx.core.Context;
import io.vertx.core.Future;

/**
 * What the rule of a request was made from, so that another node can make the same.
 *
 * @param key equal for equal grammars
 * @param afterReasoning the marker that ends the reasoning which goes before; null if none does
 */
public record RuleSource(String key, Grammar grammar, String afterReasoning) {

  /** Of a rule that this package made; null for no rule. */
  public static RuleSource of(TokenRule rule) {
    return switch (rule) {
      case null -> null;
      case GrammarRule free -> new RuleSource(free.key(), free.grammar(), null);
      case RuleAfterReasoning(GrammarRule inner, var _, String close) ->
          new RuleSource(inner.key(), inner.grammar(), close);
      default -> throw new IllegalArgumentException(rule.getClass() + " has no source");
    };
  }

  /** The rule for a model's vocabulary; fails with {@link RefusedException}. */
  public Future<TokenRule> compile(Context context, ModelText text) {
    AnswerForm form = new AnswerForm.Grammatical(key, "grammar", () -> grammar);
    return FormRules.of(context, text, form)
        .map(
            rule ->
                afterReasoning == null
                    ? rule
                    : new RuleAfterReasoning(rule, text.tokenizer(), afterReasoning));
  }
}
