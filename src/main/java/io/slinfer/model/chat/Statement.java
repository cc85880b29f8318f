package io.slinfer.model.chat;

import java.util.List;
import java.util.Set;

/** A node of a template that writes output or changes what names mean. */
sealed interface Statement {

  record Text(String text) implements Statement {}

  record Output(Expression value) implements Statement {}

  /** Each condition with its body; {@code otherwise} is empty without an else. */
  record If(List<Expression> conditions, List<List<Statement>> bodies, List<Statement> otherwise)
      implements Statement {}

  record For(ForHead head, List<Statement> body, List<Statement> otherwise) implements Statement {}

  /** {@code for target in elements if condition recursive}; condition may be null. */
  record ForHead(Target target, Expression elements, Expression condition, boolean recursive) {}

  record Assign(Target target, Expression value) implements Statement {}

  /** {@code set target | filters} with a body. */
  record AssignBlock(Target target, List<Expression.FilterCall> filters, List<Statement> body)
      implements Statement {}

  record DefineMacro(MacroDefinition macro) implements Statement {}

  /** {@code call(parameters) callee(...)}: the body is the callee's {@code caller}. */
  record CallBlock(MacroDefinition caller, Expression.Call call) implements Statement {}

  record FilterBlock(List<Expression.FilterCall> filters, List<Statement> body)
      implements Statement {}

  record With(List<Target> targets, List<Expression> values, List<Statement> body)
      implements Statement {}

  /** A body with names of its own and no other effect, such as {@code generation}. */
  record Scoped(List<Statement> body) implements Statement {}

  record Break() implements Statement {}

  record Continue() implements Statement {}

  /**
   * A macro as written.
   *
   * @param defaults of the last parameters
   * @param specials which of varargs, kwargs and caller the body uses
   */
  record MacroDefinition(
      String name,
      List<String> parameters,
      List<Expression> defaults,
      Set<String> specials,
      List<Statement> body) {}

  /** What an assignment assigns to. */
  sealed interface Target {

    record NameTarget(String name) implements Target {}

    record TupleTarget(List<Target> targets) implements Target {}

    /** {@code namespace.attribute}. */
    record NamespaceTarget(String namespace, String attribute) implements Target {}
  }
}
