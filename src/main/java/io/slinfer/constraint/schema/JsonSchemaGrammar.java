package io.slinfer.constraint.schema;

import com.fasterxml.jackson.databind.JsonNode;
import io.slinfer.constraint.Expression;
import io.slinfer.constraint.Grammar;
import io.slinfer.constraint.GrammarBuilder;

/**
 * Grammars of the JSON texts that a schema accepts. Every text of the grammar is valid JSON and
 * meets the schema; not every valid instance is a text of it: properties come in the schema's order
 * (further ones last), an object schema that lists properties has no others unless it says
 * additionalProperties, a schema without a type gets the types that its keywords speak of, integers
 * have no fraction, and numbers at most 18 digits before and 17 after the point.
 */
public final class JsonSchemaGrammar {

  private JsonSchemaGrammar() {}

  /**
   * The grammar of a schema.
   *
   * @throws UnsupportedSchemaException naming the keyword that cannot be honoured, and where
   * @throws io.slinfer.constraint.ConstraintException if the schema is too large
   */
  public static Grammar of(JsonNode schema, Whitespace whitespace) {
    GrammarBuilder builder = new GrammarBuilder();
    return builder.build(expression(schema, new JsonSyntax(builder, whitespace)));
  }

  /** The expression of a schema within a larger grammar; references are to this schema's root. */
  public static Expression expression(JsonNode schema, JsonSyntax syntax) {
    return new SchemaCompiler(schema, syntax).compile(schema, "#");
  }

  /** The grammar of any JSON object. */
  public static Grammar anyObject(Whitespace whitespace) {
    GrammarBuilder builder = new GrammarBuilder();
    return builder.build(new JsonSyntax(builder, whitespace).object());
  }
}
