package io.slinfer.gateway;

import io.slinfer.constraint.Grammar;
import io.slinfer.toolcall.Tool;
import java.util.List;
import java.util.function.Supplier;

/** What an answer must be. */
public sealed interface AnswerForm {

  /** Anything. */
  AnswerForm FREE = new Free();

  /** Anything. */
  record Free() implements AnswerForm {}

  /**
   * A text of a grammar.
   *
   * @param key equal for equal grammars
   * @param field the request's field that asks for it, for errors
   * @param grammar makes the grammar on a worker thread; throws ConstraintException with a message
   *     fit for the caller
   */
  record Grammatical(String key, String field, Supplier<Grammar> grammar) implements AnswerForm {}

  /**
   * Calls of tools and nothing else, in the model's own format.
   *
   * @param parallel more than one call may come
   */
  record Calls(List<Tool> tools, boolean parallel) implements AnswerForm {

    public Calls {
      tools = List.copyOf(tools);
    }
  }

  /** Calls of tools, or a text of a grammar: as the model decides. */
  record CallsOr(Calls calls, Grammatical answer) implements AnswerForm {}
}
