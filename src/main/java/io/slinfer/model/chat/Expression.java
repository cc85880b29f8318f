package io.slinfer.model.chat;

import java.util.List;

/** A node of a template that has a value. */
sealed interface Expression {

  record Literal(Object value) implements Expression {}

  record Name(String name) implements Expression {}

  record ListOf(List<Expression> elements) implements Expression {}

  record TupleOf(List<Expression> elements) implements Expression {}

  record DictOf(List<Expression> keys, List<Expression> values) implements Expression {}

  /** {@code target.name}. */
  record Attribute(Expression target, String name) implements Expression {}

  /** {@code target[index]}. */
  record Item(Expression target, Expression index) implements Expression {}

  /** {@code target[start:stop:step]}; absent bounds are null. */
  record Slice(Expression target, Expression start, Expression stop, Expression step)
      implements Expression {}

  record Call(Expression callee, ArgumentList arguments) implements Expression {}

  /** {@code input|name(arguments)}. */
  record Filtered(Expression input, FilterCall filter) implements Expression {}

  /** {@code input is name arguments}. */
  record Tested(Expression input, String test, ArgumentList arguments) implements Expression {}

  record Binary(String operator, Expression left, Expression right) implements Expression {}

  /** {@code a ~ b ~ c}. */
  record Concatenation(List<Expression> parts) implements Expression {}

  /** {@code first < a <= b}: each operator with the operand to its right. */
  record Comparison(Expression first, List<String> operators, List<Expression> operands)
      implements Expression {}

  record And(Expression left, Expression right) implements Expression {}

  record Or(Expression left, Expression right) implements Expression {}

  record Not(Expression operand) implements Expression {}

  record Negation(Expression operand) implements Expression {}

  /** {@code +operand}. */
  record Plus(Expression operand) implements Expression {}

  /** {@code then if condition else otherwise}; otherwise may be null. */
  record Conditional(Expression condition, Expression then, Expression otherwise)
      implements Expression {}

  /** A filter with its arguments, input aside. */
  record FilterCall(String name, ArgumentList arguments) {}

  /** The written arguments of a call; {@code star} and {@code doubleStar} may be null. */
  record ArgumentList(
      List<Expression> positional,
      List<String> names,
      List<Expression> named,
      Expression star,
      Expression doubleStar) {

    static final ArgumentList NONE = new ArgumentList(List.of(), List.of(), List.of(), null, null);
  }
}
