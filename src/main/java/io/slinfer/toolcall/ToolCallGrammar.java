package io.slinfer.toolcall;

import static io.slinfer.constraint.Expression.optional;
import static io.slinfer.constraint.Expression.repeat;
import static io.slinfer.constraint.Expression.sequence;
import static io.slinfer.constraint.Expression.text;

import io.slinfer.constraint.Expression;
import io.slinfer.constraint.Grammar;
import io.slinfer.constraint.GrammarBuilder;
import io.slinfer.constraint.schema.JsonSchemaGrammar;
import io.slinfer.constraint.schema.JsonSyntax;
import io.slinfer.constraint.schema.Whitespace;
import java.util.ArrayList;
import java.util.List;

/** Grammars of answers that are nothing but calls of given tools, in a model's own format. */
public final class ToolCallGrammar {

  /** The most calls in one answer. */
  static final int MAX_CALLS = 16;

  private final ToolCallFormat format;
  private final GrammarBuilder builder = new GrammarBuilder();
  private final JsonSyntax syntax = new JsonSyntax(builder, Whitespace.BOUNDED);

  private ToolCallGrammar(ToolCallFormat format) {
    this.format = format;
  }

  /**
   * Calls of one or more of the tools: one call, or up to 16 if {@code parallel}.
   *
   * @throws io.slinfer.constraint.ConstraintException if a tool's schema is not supported
   */
  public static Grammar of(ToolCallFormat format, List<Tool> tools, boolean parallel) {
    if (tools.isEmpty()) {
      throw new IllegalArgumentException("tools must not be empty");
    }
    ToolCallGrammar grammar = new ToolCallGrammar(format);
    return grammar.builder.build(grammar.answer(tools, parallel ? MAX_CALLS : 1));
  }

  private Expression answer(List<Tool> tools, int most) {
    List<Expression> calls = new ArrayList<>();
    for (Tool tool : tools) {
      calls.add(format.body() == ToolCallFormat.Body.NAMED ? named(tool) : object(tool));
    }
    Expression call = builder.rule("tool-call", () -> new Expression.Choice(calls));
    return switch (format) {
      case HERMES -> {
        Expression line = optional(text("\n"));
        Expression one = sequence(marker(format.open()), line, call, line, marker(format.close()));
        yield sequence(one, repeat(sequence(line, one), 0, most - 1));
      }
      case LLAMA3 -> sequence(call, repeat(sequence(text("; "), call), 0, most - 1));
      case MISTRAL, GRANITE ->
          sequence(marker(format.open()), optional(text(" ")), list(call, most));
      case JSON -> most == 1 ? call : Expression.choice(call, list(call, most));
      case MISTRAL_NAMED, FUNCTION_TAG -> repeat(call, 1, most);
    };
  }

  private static Expression marker(String marker) {
    return new Expression.Marker(marker);
  }

  private Expression list(Expression call, int most) {
    return syntax.brackets(sequence(call, repeat(sequence(syntax.comma(), call), 0, most - 1)));
  }

  private Expression arguments(Tool tool) {
    return tool.parameters() == null
        ? syntax.object()
        : JsonSchemaGrammar.expression(tool.parameters(), syntax);
  }

  private Expression object(Tool tool) {
    return syntax.braces(
        sequence(
            syntax.member(JsonSyntax.quoted("name"), JsonSyntax.quoted(tool.name())),
            syntax.comma(),
            syntax.member(JsonSyntax.quoted(format.argumentsKey()), arguments(tool))));
  }

  private Expression named(Tool tool) {
    boolean tag = format == ToolCallFormat.FUNCTION_TAG;
    return sequence(
        tag ? text(format.open()) : marker(format.open()),
        text(tool.name()),
        tag ? text(format.nameEnd()) : marker(format.nameEnd()),
        arguments(tool),
        text(format.close()));
  }
}
