package io.slinfer.model.chat;

import io.slinfer.model.chat.Statement.MacroDefinition;
import io.slinfer.model.chat.Statement.Target;
import java.util.ArrayList;
import java.util.List;

/** Runs statements. Confined to one rendering. */
final class Interpreter {

  /** How a body ended. */
  private enum Flow {
    NEXT,
    BREAK,
    CONTINUE
  }

  private final Budget budget = new Budget();
  private final Evaluator evaluator = new Evaluator(budget);
  private StringBuilder out = new StringBuilder();

  /** The text that the statements write. */
  String render(List<Statement> body, Scope scope) {
    run(body, scope);
    return out.toString();
  }

  private Flow run(List<Statement> body, Scope scope) {
    for (Statement statement : body) {
      Flow flow = run(statement, scope);
      if (flow != Flow.NEXT) {
        return flow;
      }
    }
    return Flow.NEXT;
  }

  private Flow run(Statement statement, Scope scope) {
    budget.enter();
    Flow flow = Flow.NEXT;
    switch (statement) {
      case Statement.Text text -> write(text.text());
      case Statement.Output output ->
          write(PythonText.str(evaluator.evaluate(output.value(), scope), budget));
      case Statement.If choice -> flow = runIf(choice, scope);
      case Statement.For loop -> runFor(loop, scope);
      case Statement.Assign assign ->
          assign(assign.target(), evaluator.evaluate(assign.value(), scope), scope);
      case Statement.AssignBlock block -> {
        Object text = filtered(block.filters(), block.body(), scope);
        assign(block.target(), text, scope);
      }
      case Statement.DefineMacro definition ->
          scope.set(definition.macro().name(), macro(definition.macro(), scope));
      case Statement.CallBlock block ->
          write(
              PythonText.str(
                  evaluator.call(block.call(), scope, macro(block.caller(), scope)), budget));
      case Statement.FilterBlock block ->
          write(PythonText.str(filtered(block.filters(), block.body(), scope), budget));
      case Statement.With with -> flow = runWith(with, scope);
      case Statement.Scoped scoped -> flow = run(scoped.body(), new Scope(scope));
      case Statement.Break _ -> flow = Flow.BREAK;
      case Statement.Continue _ -> flow = Flow.CONTINUE;
    }
    budget.leave();
    return flow;
  }

  private void write(String text) {
    budget.spendText(text.length());
    out.append(text);
    budget.checkText(out.length());
  }

  private String captured(List<Statement> body, Scope scope) {
    StringBuilder outer = out;
    out = new StringBuilder();
    run(body, scope);
    String text = out.toString();
    out = outer;
    return text;
  }

  private Object filtered(List<Expression.FilterCall> filters, List<Statement> body, Scope scope) {
    Scope inner = new Scope(scope);
    Object value = captured(body, inner);
    for (Expression.FilterCall filter : filters) {
      value = evaluator.filter(filter, value, inner);
    }
    return value;
  }

  private Flow runIf(Statement.If choice, Scope scope) {
    for (int i = 0; i < choice.conditions().size(); i++) {
      if (evaluator.isTrue(choice.conditions().get(i), scope)) {
        return run(choice.bodies().get(i), scope);
      }
    }
    return run(choice.otherwise(), scope);
  }

  private Flow runWith(Statement.With with, Scope scope) {
    Scope inner = new Scope(scope);
    for (int i = 0; i < with.targets().size(); i++) {
      assign(with.targets().get(i), evaluator.evaluate(with.values().get(i), scope), inner);
    }
    return run(with.body(), inner);
  }

  private void runFor(Statement.For loop, Scope scope) {
    runFor(loop, evaluator.evaluate(loop.head().elements(), scope), 0, scope);
  }

  private void runFor(Statement.For loop, Object iterable, int depth, Scope scope) {
    List<Object> elements = chosen(loop.head(), Values.elements(iterable, budget), scope);
    if (elements.isEmpty()) {
      run(loop.otherwise(), new Scope(scope));
      return;
    }
    Callable recursion = loop.head().recursive() ? recursion(loop, depth, scope) : null;
    LoopState state = new LoopState(elements, depth, recursion);
    for (Object element : elements) {
      state.advance();
      Scope inner = new Scope(scope);
      inner.set("loop", state);
      assign(loop.head().target(), element, inner);
      if (run(loop.body(), inner) == Flow.BREAK) {
        return;
      }
    }
  }

  private List<Object> chosen(Statement.ForHead head, List<Object> elements, Scope scope) {
    if (head.condition() == null) {
      return elements;
    }
    List<Object> chosen = new ArrayList<>();
    for (Object element : elements) {
      Scope inner = new Scope(scope);
      assign(head.target(), element, inner);
      if (evaluator.isTrue(head.condition(), inner)) {
        chosen.add(element);
      }
    }
    return chosen;
  }

  private Callable recursion(Statement.For loop, int depth, Scope scope) {
    return (arguments, unused) -> {
      Object iterable = arguments.bind("loop", "iterable").required(0);
      StringBuilder outer = out;
      out = new StringBuilder();
      runFor(loop, iterable, depth + 1, scope);
      String text = out.toString();
      out = outer;
      return text;
    };
  }

  private void assign(Target target, Object value, Scope scope) {
    switch (target) {
      case Target.NameTarget name -> scope.set(name.name(), value);
      case Target.NamespaceTarget attribute -> {
        if (!(scope.get(attribute.namespace()) instanceof Namespace namespace)) {
          throw ChatTemplateException.runtime("cannot assign attribute on non-namespace object");
        }
        namespace.set(attribute.attribute(), value);
      }
      case Target.TupleTarget tuple -> {
        List<Object> values = unpacked(value);
        int wanted = tuple.targets().size();
        if (values.size() != wanted) {
          throw ChatTemplateException.runtime(
              values.size() < wanted
                  ? "not enough values to unpack (expected %d, got %d)"
                      .formatted(wanted, values.size())
                  : "too many values to unpack (expected %d)".formatted(wanted));
        }
        for (int i = 0; i < wanted; i++) {
          assign(tuple.targets().get(i), values.get(i), scope);
        }
      }
    }
  }

  private List<Object> unpacked(Object value) {
    if (value instanceof Undefined undefined) {
      throw undefined.failure();
    }
    return Values.elements(value, budget);
  }

  private Callable macro(MacroDefinition definition, Scope scope) {
    return new Macro(definition, (arguments, unused) -> callMacro(definition, arguments, scope));
  }

  private String callMacro(MacroDefinition definition, Arguments arguments, Scope definedIn) {
    Scope inner = new Scope(definedIn);
    Macro.bindSpecials(definition, arguments, inner);
    List<String> parameters = definition.parameters();
    int firstDefault = parameters.size() - definition.defaults().size();
    for (int i = 0; i < parameters.size(); i++) {
      String parameter = parameters.get(i);
      Object value;
      if (i < arguments.positional().size()) {
        value = arguments.positional().get(i);
      } else if (arguments.named().containsKey(parameter)) {
        value = arguments.named().get(parameter);
      } else if (i >= firstDefault) {
        value = evaluator.evaluate(definition.defaults().get(i - firstDefault), inner);
      } else {
        value = new Undefined("parameter '" + parameter + "' was not provided");
      }
      inner.set(parameter, value);
    }
    return captured(definition.body(), inner);
  }
}
