package io.slinfer.model.chat;

import io.slinfer.model.chat.Expression.FilterCall;
import io.slinfer.model.chat.Statement.ForHead;
import io.slinfer.model.chat.Statement.MacroDefinition;
import io.slinfer.model.chat.Statement.Target;
import io.slinfer.model.chat.Token.Kind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Parses a template into statements. Confined to one compilation. */
final class TemplateParser {

  private static final Set<String> SPECIALS = Set.of("varargs", "kwargs", "caller");

  private final TokenStream stream;
  private final ExpressionParser expressions;
  private int loops;

  private TemplateParser(TokenStream stream) {
    this.stream = stream;
    expressions = new ExpressionParser(stream);
  }

  static List<Statement> parse(String source) {
    TokenStream stream = new TokenStream(TemplateLexer.tokens(source));
    List<Statement> body = new TemplateParser(stream).body(Set.of());
    if (stream.current().kind() != Kind.END) {
      throw stream.unexpected();
    }
    return body;
  }

  /** Statements up to a tag that ends them, which is left with its name current, or the end. */
  private List<Statement> body(Set<String> endTags) {
    stream.enter();
    List<Statement> body = new ArrayList<>();
    while (stream.current().kind() != Kind.END) {
      Token token = stream.next();
      switch (token.kind()) {
        case DATA -> body.add(new Statement.Text(token.text()));
        case VARIABLE_BEGIN -> {
          body.add(new Statement.Output(expressions.tuple(true)));
          stream.expect(Kind.VARIABLE_END);
        }
        case BLOCK_BEGIN -> {
          if (stream.current().kind() == Kind.NAME && endTags.contains(stream.current().text())) {
            stream.leave();
            return List.copyOf(body);
          }
          body.add(statement());
          stream.expect(Kind.BLOCK_END);
        }
        default -> throw new IllegalStateException(token.toString());
      }
    }
    if (!endTags.isEmpty()) {
      throw stream.error(
          "unexpected end of template, expected one of " + endTags.stream().sorted().toList());
    }
    stream.leave();
    return List.copyOf(body);
  }

  /** A body between the end of this tag and the end tag, which is consumed up to its name. */
  private List<Statement> bodyUntil(String endTag) {
    stream.expect(Kind.BLOCK_END);
    List<Statement> body = body(Set.of(endTag));
    stream.next();
    return body;
  }

  private Statement statement() {
    Token tag = stream.expect(Kind.NAME);
    return switch (tag.text()) {
      case "if" -> ifStatement();
      case "for" -> forStatement();
      case "set" -> setStatement();
      case "macro" -> macroStatement();
      case "call" -> callBlock();
      case "filter" -> {
        List<FilterCall> filters = filters(true);
        yield new Statement.FilterBlock(filters, bodyUntil("endfilter"));
      }
      case "with" -> withStatement();
      case "print" -> new Statement.Output(expressions.tuple(true));
      case "generation" -> new Statement.Scoped(bodyUntil("endgeneration"));
      case "break", "continue" -> {
        if (loops == 0) {
          throw ChatTemplateException.syntax(tag.line(), "'" + tag.text() + "' outside of a loop");
        }
        yield tag.text().equals("break") ? new Statement.Break() : new Statement.Continue();
      }
      case "block" -> {
        String name = stream.expect(Kind.NAME).text();
        Statement block = new Statement.Scoped(bodyUntil("endblock"));
        stream.skipName(name);
        yield block;
      }
      case "include", "import", "from", "extends" ->
          throw ChatTemplateException.syntax(
              tag.line(), "'" + tag.text() + "' is not available in chat templates");
      default ->
          throw ChatTemplateException.syntax(
              tag.line(), "Encountered unknown tag '" + tag.text() + "'.");
    };
  }

  private Statement ifStatement() {
    List<Expression> conditions = new ArrayList<>();
    List<List<Statement>> bodies = new ArrayList<>();
    List<Statement> otherwise = List.of();
    while (true) {
      conditions.add(expressions.tuple(false));
      stream.expect(Kind.BLOCK_END);
      bodies.add(body(Set.of("elif", "else", "endif")));
      String tag = stream.next().text();
      if (tag.equals("elif")) {
        continue;
      }
      if (tag.equals("else")) {
        otherwise = bodyUntil("endif");
      }
      return new Statement.If(List.copyOf(conditions), List.copyOf(bodies), otherwise);
    }
  }

  private Statement forStatement() {
    Target target = target(false);
    if (!stream.skipName("in")) {
      throw stream.error("expected 'in', got " + stream.current().described());
    }
    Expression elements = expressions.tuple(false);
    Expression condition = stream.skipName("if") ? expressions.expression() : null;
    boolean recursive = stream.skipName("recursive");
    stream.expect(Kind.BLOCK_END);
    loops++;
    List<Statement> body = body(Set.of("else", "endfor"));
    loops--;
    List<Statement> otherwise =
        stream.next().text().equals("else") ? bodyUntil("endfor") : List.of();
    return new Statement.For(new ForHead(target, elements, condition, recursive), body, otherwise);
  }

  private Statement setStatement() {
    Target target = target(true);
    if (stream.skipOperator("=")) {
      return new Statement.Assign(target, expressions.tuple(true));
    }
    List<FilterCall> filters = filters(false);
    return new Statement.AssignBlock(target, filters, bodyUntil("endset"));
  }

  private List<FilterCall> filters(boolean startsInline) {
    List<FilterCall> filters = new ArrayList<>();
    if (startsInline) {
      filters.add(expressions.filterCall());
    }
    while (stream.skipOperator("|")) {
      filters.add(expressions.filterCall());
    }
    return List.copyOf(filters);
  }

  private Target target(boolean namespaceAllowed) {
    List<Target> targets = new ArrayList<>();
    boolean tuple = false;
    do {
      if (!targets.isEmpty()
          && stream.current().kind() != Kind.NAME
          && !stream.current().isOperator("(")) {
        break;
      }
      targets.add(singleTarget(namespaceAllowed));
      tuple |= stream.current().isOperator(",");
    } while (!stream.current().isName("in") && stream.skipOperator(","));
    return tuple ? new Target.TupleTarget(List.copyOf(targets)) : targets.getFirst();
  }

  private Target singleTarget(boolean namespaceAllowed) {
    if (stream.skipOperator("(")) {
      stream.enter();
      Target inner = target(namespaceAllowed);
      stream.expectOperator(")");
      stream.leave();
      return inner;
    }
    Token name = stream.expect(Kind.NAME);
    if (Set.of("true", "True", "false", "False", "none", "None").contains(name.text())) {
      throw ChatTemplateException.syntax(name.line(), "can't assign to '" + name.text() + "'");
    }
    if (namespaceAllowed && stream.skipOperator(".")) {
      return new Target.NamespaceTarget(name.text(), stream.expect(Kind.NAME).text());
    }
    return new Target.NameTarget(name.text());
  }

  private Statement macroStatement() {
    String name = stream.expect(Kind.NAME).text();
    List<String> parameters = new ArrayList<>();
    List<Expression> defaults = new ArrayList<>();
    stream.expectOperator("(");
    signature(parameters, defaults);
    return new Statement.DefineMacro(definition(name, parameters, defaults, "endmacro"));
  }

  private Statement callBlock() {
    List<String> parameters = new ArrayList<>();
    List<Expression> defaults = new ArrayList<>();
    if (stream.skipOperator("(")) {
      signature(parameters, defaults);
    }
    if (!(expressions.expression() instanceof Expression.Call call)) {
      throw stream.error("expected call");
    }
    return new Statement.CallBlock(definition("caller", parameters, defaults, "endcall"), call);
  }

  private MacroDefinition definition(
      String name, List<String> parameters, List<Expression> defaults, String endTag) {
    Set<String> outerNames = stream.swapNamesRead(new HashSet<>());
    int outerLoops = loops;
    loops = 0;
    List<Statement> body = bodyUntil(endTag);
    loops = outerLoops;
    Set<String> specials = stream.swapNamesRead(outerNames);
    specials.forEach(stream::reads);
    specials.retainAll(SPECIALS);
    parameters.forEach(specials::remove);
    return new MacroDefinition(
        name, List.copyOf(parameters), List.copyOf(defaults), Set.copyOf(specials), body);
  }

  private Statement withStatement() {
    List<Target> targets = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (stream.current().kind() != Kind.BLOCK_END) {
      if (!targets.isEmpty()) {
        stream.expectOperator(",");
      }
      targets.add(singleTarget(false));
      stream.expectOperator("=");
      values.add(expressions.expression());
    }
    return new Statement.With(List.copyOf(targets), List.copyOf(values), bodyUntil("endwith"));
  }

  private void signature(List<String> parameters, List<Expression> defaults) {
    while (!stream.skipOperator(")")) {
      if (!parameters.isEmpty()) {
        stream.expectOperator(",");
        if (stream.skipOperator(")")) {
          return;
        }
      }
      parameters.add(stream.expect(Kind.NAME).text());
      if (stream.skipOperator("=")) {
        defaults.add(expressions.expression());
      } else if (!defaults.isEmpty()) {
        throw stream.error("non-default argument follows default argument");
      }
    }
  }
}
