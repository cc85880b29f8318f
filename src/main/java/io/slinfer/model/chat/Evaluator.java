package io.slinfer.model.chat;

import io.slinfer.model.chat.Expression.ArgumentList;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Evaluates expressions. Confined to one rendering. */
final class Evaluator {

  private final Budget budget;

  Evaluator(Budget budget) {
    this.budget = budget;
  }

  Object evaluate(Expression expression, Scope scope) {
    budget.enter();
    Object value =
        switch (expression) {
          case Expression.Literal literal -> literal.value();
          case Expression.Name name -> scope.get(name.name());
          case Expression.Attribute attribute ->
              Subscripts.attribute(evaluate(attribute.target(), scope), attribute.name());
          case Expression.Item item ->
              Subscripts.item(
                  evaluate(item.target(), scope), evaluate(item.index(), scope), budget);
          case Expression.Slice slice -> slice(slice, scope);
          case Expression.Call call -> call(call, scope, null);
          case Expression.Filtered filtered ->
              filter(filtered.filter(), evaluate(filtered.input(), scope), scope);
          case Expression.Tested tested ->
              Tests.apply(
                  tested.test(),
                  evaluate(tested.input(), scope),
                  arguments(tested.arguments(), scope),
                  budget);
          case Expression.Binary binary ->
              Operators.apply(
                  binary.operator(),
                  evaluate(binary.left(), scope),
                  evaluate(binary.right(), scope),
                  budget);
          case Expression.Concatenation concatenation -> concatenated(concatenation, scope);
          case Expression.Comparison comparison -> compare(comparison, scope);
          case Expression.And and -> {
            Object left = evaluate(and.left(), scope);
            yield Values.truth(left) ? evaluate(and.right(), scope) : left;
          }
          case Expression.Or or -> {
            Object left = evaluate(or.left(), scope);
            yield Values.truth(left) ? left : evaluate(or.right(), scope);
          }
          case Expression.Not not -> !Values.truth(evaluate(not.operand(), scope));
          case Expression.Negation negation ->
              Numbers.negate(number(evaluate(negation.operand(), scope), "-"));
          case Expression.Plus plus ->
              Numbers.add(0L, number(evaluate(plus.operand(), scope), "+"));
          case Expression.Conditional conditional -> conditional(conditional, scope);
          case Expression.ListOf list -> all(list.elements(), scope);
          case Expression.TupleOf tuple -> new Tuple(all(tuple.elements(), scope));
          case Expression.DictOf dict -> dict(dict, scope);
        };
    budget.leave();
    return value;
  }

  boolean isTrue(Expression expression, Scope scope) {
    return Values.truth(evaluate(expression, scope));
  }

  /** A filter's output for a given input. */
  Object filter(Expression.FilterCall filter, Object input, Scope scope) {
    return Filters.apply(filter.name(), input, arguments(filter.arguments(), scope), budget);
  }

  /** A call; {@code caller}, if not null, is passed as the named argument of that name. */
  Object call(Expression.Call call, Scope scope, Callable caller) {
    Object callee = evaluate(call.callee(), scope);
    Arguments arguments = arguments(call.arguments(), scope);
    if (caller != null) {
      Map<String, Object> named = new LinkedHashMap<>(arguments.named());
      named.put("caller", caller);
      arguments = new Arguments(arguments.positional(), named);
    }
    return switch (callee) {
      case Callable callable -> callable.call(arguments, budget);
      case Undefined undefined -> throw undefined.failure();
      case null, default ->
          throw ChatTemplateException.runtime(
              "'" + Values.typeName(callee) + "' object is not callable");
    };
  }

  private Arguments arguments(ArgumentList list, Scope scope) {
    if (list == ArgumentList.NONE) {
      return Arguments.NONE;
    }
    List<Object> positional = all(list.positional(), scope);
    if (list.star() != null) {
      positional.addAll(Values.elements(evaluate(list.star(), scope), budget));
    }
    Map<String, Object> named = new LinkedHashMap<>();
    for (int i = 0; i < list.names().size(); i++) {
      named.put(list.names().get(i), evaluate(list.named().get(i), scope));
    }
    if (list.doubleStar() != null) {
      Object more = evaluate(list.doubleStar(), scope);
      if (!(more instanceof Map<?, ?> map)) {
        throw ChatTemplateException.runtime("argument after ** must be a mapping");
      }
      map.forEach((name, value) -> named.put(PythonText.str(name, budget), value));
    }
    return new Arguments(positional, named);
  }

  private List<Object> all(List<Expression> expressions, Scope scope) {
    List<Object> values = new ArrayList<>(expressions.size());
    for (Expression expression : expressions) {
      values.add(evaluate(expression, scope));
    }
    return values;
  }

  private Object dict(Expression.DictOf dict, Scope scope) {
    Map<Object, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < dict.keys().size(); i++) {
      Object key = Values.key(evaluate(dict.keys().get(i), scope));
      map.put(key, evaluate(dict.values().get(i), scope));
    }
    return map;
  }

  private Object slice(Expression.Slice slice, Scope scope) {
    Object target = evaluate(slice.target(), scope);
    return Subscripts.slice(
        target,
        bound(slice.start(), scope),
        bound(slice.stop(), scope),
        bound(slice.step(), scope),
        budget);
  }

  private Object bound(Expression bound, Scope scope) {
    return bound == null ? null : evaluate(bound, scope);
  }

  private Object conditional(Expression.Conditional conditional, Scope scope) {
    if (isTrue(conditional.condition(), scope)) {
      return evaluate(conditional.then(), scope);
    }
    return conditional.otherwise() == null
        ? new Undefined(
            "the inline if-expression evaluated to false and no else section was defined.")
        : evaluate(conditional.otherwise(), scope);
  }

  private Object concatenated(Expression.Concatenation concatenation, Scope scope) {
    StringBuilder out = new StringBuilder();
    for (Expression part : concatenation.parts()) {
      String text = PythonText.str(evaluate(part, scope), budget);
      budget.spendText((long) out.length() + text.length());
      out.append(text);
    }
    return out.toString();
  }

  private Object compare(Expression.Comparison comparison, Scope scope) {
    Object left = evaluate(comparison.first(), scope);
    for (int i = 0; i < comparison.operators().size(); i++) {
      Object right = evaluate(comparison.operands().get(i), scope);
      if (!Tests.compare(comparison.operators().get(i), left, right, budget)) {
        return false;
      }
      left = right;
    }
    return true;
  }

  private static Object number(Object value, String operator) {
    if (value instanceof Undefined undefined) {
      throw undefined.failure();
    }
    if (!Numbers.isNumber(value)) {
      throw ChatTemplateException.runtime(
          "bad operand type for unary " + operator + ": '" + Values.typeName(value) + "'");
    }
    return value;
  }
}
