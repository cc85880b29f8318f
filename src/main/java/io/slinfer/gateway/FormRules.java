package io.slinfer.gateway;

import io.slinfer.constraint.ConstraintException;
import io.slinfer.constraint.Grammar;
import io.slinfer.request.Failure;
import io.slinfer.request.TokenRule;
import io.slinfer.toolcall.ToolCallFormat;
import io.slinfer.toolcall.ToolCallGrammar;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.function.Supplier;

/** Turns what an answer must be into a rule for a model's tokens, off the event loop. */
final class FormRules {

  private FormRules() {}

  /**
   * The rule, null if anything goes; fails with {@link RefusedException} if the form cannot be
   * honoured.
   */
  static Future<TokenRule> of(Context context, ModelText text, AnswerForm form) {
    return switch (form) {
      case AnswerForm.Free _ -> Future.succeededFuture();
      case AnswerForm.Grammatical(String key, String field, Supplier<Grammar> grammar) ->
          compiled(context, text, key, field, grammar);
      case AnswerForm.Calls calls ->
          text.style()
              .calls()
              .map(format -> calls(context, text, format, calls))
              .orElseGet(() -> Future.succeededFuture()); // the prompt's reader says why not
    };
  }

  private static Future<TokenRule> calls(
      Context context, ModelText text, ToolCallFormat format, AnswerForm.Calls calls) {
    return compiled(
        context,
        text,
        "calls:" + calls.parallel() + ":" + calls.tools(),
        "tools",
        () -> ToolCallGrammar.of(format, calls.tools(), calls.parallel()));
  }

  private static Future<TokenRule> compiled(
      Context context, ModelText text, String key, String field, Supplier<Grammar> grammar) {
    TokenRule known = text.rules().known(key);
    if (known != null) {
      return Future.succeededFuture(known);
    }
    return context.executeBlocking(
        () -> {
          try {
            return text.rules().of(key, grammar);
          } catch (ConstraintException refusal) {
            throw new RefusedException(
                new Failure.Invalid(refusal.getMessage(), field, "unsupported_grammar"));
          }
        },
        false);
  }
}
