package io.slinfer.model.chat;

import io.slinfer.model.chat.Expression.ArgumentList;
import io.slinfer.model.chat.Expression.FilterCall;
import io.slinfer.model.chat.Token.Kind;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Parses expressions, by Jinja's precedence. Confined to one compilation. */
final class ExpressionParser {

  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
  private static final Set<String> NO_TEST_ARGUMENT =
      Set.of("else", "or", "and", "if", "in", "not");

  private final TokenStream stream;

  ExpressionParser(TokenStream stream) {
    this.stream = stream;
  }

  /** An expression, conditional expressions included. */
  Expression expression() {
    stream.enter();
    Expression value = or();
    while (stream.skipName("if")) {
      Expression condition = or();
      Expression otherwise = stream.skipName("else") ? expression() : null;
      value = new Expression.Conditional(condition, value, otherwise);
    }
    stream.leave();
    return value;
  }

  /** One expression or, with commas, a tuple without parentheses. */
  Expression tuple(boolean conditional) {
    Expression first = conditional ? expression() : or();
    if (!stream.current().isOperator(",")) {
      return first;
    }
    List<Expression> elements = new ArrayList<>(List.of(first));
    while (stream.skipOperator(",") && !endsTuple()) {
      elements.add(conditional ? expression() : or());
    }
    return new Expression.TupleOf(List.copyOf(elements));
  }

  private boolean endsTuple() {
    Token token = stream.current();
    return token.kind() == Kind.BLOCK_END
        || token.kind() == Kind.VARIABLE_END
        || token.isOperator(")")
        || token.isName("in")
        || token.isName("recursive");
  }

  Expression or() {
    Expression left = and();
    while (stream.skipName("or")) {
      left = new Expression.Or(left, and());
    }
    return left;
  }

  private Expression and() {
    Expression left = not();
    while (stream.skipName("and")) {
      left = new Expression.And(left, not());
    }
    return left;
  }

  private Expression not() {
    if (!stream.skipName("not")) {
      return comparison();
    }
    stream.enter();
    Expression negated = new Expression.Not(not());
    stream.leave();
    return negated;
  }

  private Expression comparison() {
    Expression first = sum();
    List<String> operators = new ArrayList<>();
    List<Expression> operands = new ArrayList<>();
    for (String operator = comparator(); operator != null; operator = comparator()) {
      operators.add(operator);
      operands.add(sum());
    }
    return operators.isEmpty()
        ? first
        : new Expression.Comparison(first, List.copyOf(operators), List.copyOf(operands));
  }

  private String comparator() {
    Token token = stream.current();
    if (token.kind() == Kind.OPERATOR && COMPARISONS.contains(token.text())) {
      return stream.next().text();
    }
    if (stream.skipName("in")) {
      return "in";
    }
    if (token.isName("not") && stream.lookAhead().isName("in")) {
      stream.next();
      stream.next();
      return "not in";
    }
    return null;
  }

  private Expression sum() {
    Expression left = concatenation();
    while (stream.current().isOperator("+") || stream.current().isOperator("-")) {
      left = new Expression.Binary(stream.next().text(), left, concatenation());
    }
    return left;
  }

  private Expression concatenation() {
    Expression first = product();
    if (!stream.current().isOperator("~")) {
      return first;
    }
    List<Expression> parts = new ArrayList<>(List.of(first));
    while (stream.skipOperator("~")) {
      parts.add(product());
    }
    return new Expression.Concatenation(List.copyOf(parts));
  }

  private Expression product() {
    Expression left = power();
    while (stream.current().kind() == Kind.OPERATOR
        && Set.of("*", "/", "//", "%").contains(stream.current().text())) {
      left = new Expression.Binary(stream.next().text(), left, power());
    }
    return left;
  }

  /** Groups to the left, as Jinja does and Python does not. */
  private Expression power() {
    Expression left = unary(true);
    while (stream.skipOperator("**")) {
      left = new Expression.Binary("**", left, unary(true));
    }
    return left;
  }

  private Expression unary(boolean withFilters) {
    stream.enter();
    Expression value;
    if (stream.skipOperator("-")) {
      value = new Expression.Negation(unary(false));
    } else if (stream.skipOperator("+")) {
      value = new Expression.Plus(unary(false));
    } else {
      value = primary();
    }
    value = postfix(value);
    if (withFilters) {
      value = filtersAndTests(value);
    }
    stream.leave();
    return value;
  }

  private Expression primary() {
    Token token = stream.next();
    return switch (token.kind()) {
      case NAME -> name(token.text());
      case STRING -> {
        StringBuilder text = new StringBuilder(token.text());
        while (stream.current().kind() == Kind.STRING) {
          text.append(stream.next().text());
        }
        yield new Expression.Literal(text.toString());
      }
      case INTEGER -> new Expression.Literal(integer(token.text()));
      case FLOAT -> new Expression.Literal(Double.valueOf(token.text()));
      case OPERATOR ->
          switch (token.text()) {
            case "(" -> parenthesized();
            case "[" -> new Expression.ListOf(elements("]"));
            case "{" -> dict();
            default -> throw unexpected(token);
          };
      default -> throw unexpected(token);
    };
  }

  private static ChatTemplateException unexpected(Token token) {
    return ChatTemplateException.syntax(token.line(), "unexpected " + token.described());
  }

  private Expression name(String name) {
    return switch (name) {
      case "true", "True" -> new Expression.Literal(true);
      case "false", "False" -> new Expression.Literal(false);
      case "none", "None" -> new Expression.Literal(null);
      default -> {
        stream.reads(name);
        yield new Expression.Name(name);
      }
    };
  }

  private static Object integer(String digits) {
    int radix =
        digits.length() < 2
            ? 10
            : switch (Character.toLowerCase(digits.charAt(1))) {
              case 'x' -> 16;
              case 'o' -> 8;
              case 'b' -> 2;
              default -> 10;
            };
    return Numbers.normal(new BigInteger(radix == 10 ? digits : digits.substring(2), radix));
  }

  private Expression parenthesized() {
    if (stream.skipOperator(")")) {
      return new Expression.TupleOf(List.of());
    }
    Expression inner = tuple(true);
    stream.expectOperator(")");
    return inner;
  }

  private List<Expression> elements(String end) {
    List<Expression> elements = new ArrayList<>();
    while (!stream.skipOperator(end)) {
      if (!elements.isEmpty()) {
        stream.expectOperator(",");
        if (stream.skipOperator(end)) {
          break;
        }
      }
      elements.add(expression());
    }
    return List.copyOf(elements);
  }

  private Expression dict() {
    List<Expression> keys = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (!stream.skipOperator("}")) {
      if (!keys.isEmpty()) {
        stream.expectOperator(",");
        if (stream.skipOperator("}")) {
          break;
        }
      }
      keys.add(expression());
      stream.expectOperator(":");
      values.add(expression());
    }
    return new Expression.DictOf(List.copyOf(keys), List.copyOf(values));
  }

  /** Subscripts and calls after a primary. */
  private Expression postfix(Expression start) {
    Expression value = start;
    while (true) {
      if (stream.skipOperator(".")) {
        Token name = stream.next();
        value =
            switch (name.kind()) {
              case NAME -> new Expression.Attribute(value, name.text());
              case INTEGER ->
                  new Expression.Item(value, new Expression.Literal(integer(name.text())));
              default -> throw unexpected(name);
            };
      } else if (stream.skipOperator("[")) {
        value = subscript(value);
      } else if (stream.current().isOperator("(")) {
        value = new Expression.Call(value, arguments());
      } else {
        return value;
      }
    }
  }

  private Expression subscript(Expression target) {
    Expression start = stream.current().isOperator(":") ? null : expression();
    if (!stream.current().isOperator(":")) {
      if (stream.current().isOperator(",")) {
        List<Expression> elements = new ArrayList<>(List.of(start));
        while (stream.skipOperator(",")) {
          elements.add(expression());
        }
        start = new Expression.TupleOf(List.copyOf(elements));
      }
      stream.expectOperator("]");
      return new Expression.Item(target, start);
    }
    Expression stop = null;
    Expression step = null;
    stream.expectOperator(":");
    if (!stream.current().isOperator(":") && !stream.current().isOperator("]")) {
      stop = expression();
    }
    if (stream.skipOperator(":") && !stream.current().isOperator("]")) {
      step = expression();
    }
    stream.expectOperator("]");
    return new Expression.Slice(target, start, stop, step);
  }

  private Expression filtersAndTests(Expression start) {
    Expression value = start;
    while (true) {
      if (stream.skipOperator("|")) {
        value = new Expression.Filtered(value, filterCall());
      } else if (stream.skipName("is")) {
        value = test(value);
      } else if (stream.current().isOperator("(")) {
        value = new Expression.Call(value, arguments());
      } else {
        return value;
      }
    }
  }

  /** A filter's name and arguments, after the bar. */
  FilterCall filterCall() {
    String name = dottedName();
    return new FilterCall(name, stream.current().isOperator("(") ? arguments() : ArgumentList.NONE);
  }

  private String dottedName() {
    StringBuilder name = new StringBuilder(stream.expect(Kind.NAME).text());
    while (stream.skipOperator(".")) {
      name.append('.').append(stream.expect(Kind.NAME).text());
    }
    return name.toString();
  }

  private Expression test(Expression input) {
    boolean negated = stream.skipName("not");
    String name = dottedName();
    ArgumentList arguments = ArgumentList.NONE;
    Token token = stream.current();
    if (token.isOperator("(")) {
      arguments = arguments();
    } else if (startsTestArgument(token)) {
      if (token.isName("is")) {
        throw stream.error("You cannot chain multiple tests with is");
      }
      Expression argument = postfix(primary());
      arguments = new ArgumentList(List.of(argument), List.of(), List.of(), null, null);
    }
    Expression test = new Expression.Tested(input, name, arguments);
    return negated ? new Expression.Not(test) : test;
  }

  private static boolean startsTestArgument(Token token) {
    return switch (token.kind()) {
      case NAME -> !NO_TEST_ARGUMENT.contains(token.text());
      case STRING, INTEGER, FLOAT -> true;
      case OPERATOR -> token.text().equals("[") || token.text().equals("{");
      default -> false;
    };
  }

  private ArgumentList arguments() {
    stream.expectOperator("(");
    List<Expression> positional = new ArrayList<>();
    List<String> names = new ArrayList<>();
    List<Expression> named = new ArrayList<>();
    Expression star = null;
    Expression doubleStar = null;
    boolean first = true;
    while (!stream.skipOperator(")")) {
      if (!first) {
        stream.expectOperator(",");
        if (stream.skipOperator(")")) {
          break;
        }
      }
      first = false;
      if (star == null && doubleStar == null && stream.skipOperator("*")) {
        star = expression();
      } else if (doubleStar == null && stream.skipOperator("**")) {
        doubleStar = expression();
      } else if (stream.current().kind() == Kind.NAME && stream.lookAhead().isOperator("=")) {
        names.add(stream.next().text());
        stream.next();
        named.add(expression());
      } else if (names.isEmpty() && star == null && doubleStar == null) {
        positional.add(expression());
      } else {
        throw stream.error("invalid syntax for function call expression");
      }
    }
    return new ArgumentList(
        List.copyOf(positional), List.copyOf(names), List.copyOf(named), star, doubleStar);
  }
}
