package io.slinfer.gateway;

import io.slinfer.constraint.ConstraintException;
import io.slinfer.constraint.Grammar;
import io.slinfer.request.Failure;
import io.slinfer.request.TokenRule;
import io.slinfer.toolcall.ToolCallFormat;
import io.slinfer.toolcall.ToolCallGrammar;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.function.Function;
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
          withFormat(
              text, format -> compiled(context, text, key(calls), "tools", of(format, calls)));
      case AnswerForm.CallsOr(AnswerForm.Calls calls, AnswerForm.Grammatical answer) ->
          withFormat(
              text,
              format ->
                  compiled(
                      context,
                      text,
                      key(calls) + " or " + answer.key(),
                      answer.field(),
                      () ->
                          Grammar.either(
                              named("tools", of(format, calls)), answer.grammar().get())));
    };
  }

  /** Nothing where the template takes no tools: the prompt's reader says so. */
  private static Future<TokenRule> withFormat(
      ModelText text, Function<ToolCallFormat, Future<TokenRule>> rule) {
    return text.style().calls().map(rule).orElseGet(() -> Future.succeededFuture());
  }

  private static String key(AnswerForm.Calls calls) {
    return "calls:" + calls.parallel() + ":" + calls.tools();
  }

  private static Supplier<Grammar> of(ToolCallFormat format, AnswerForm.Calls calls) {
    return () -> ToolCallGrammar.of(format, calls.tools(), calls.parallel());
  }

  /** The grammar; if it cannot be had, this field is at fault. */
  private static Grammar named(String field, Supplier<Grammar> grammar) {
    try {
      return grammar.get();
    } catch (ConstraintException refusal) {
      throw refused(refusal, field);
    }
  }

  private static RefusedException refused(ConstraintException refusal, String field) {
    return new RefusedException(
        new Failure.Invalid(refusal.getMessage(), field, "unsupported_grammar"));
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
            throw refused(refusal, field);
          }
        },
        false);
  }
}
