package io.slinfer.constraint.schema;

import static io.slinfer.constraint.Expression.EMPTY;
import static io.slinfer.constraint.Expression.UNBOUNDED;
import static io.slinfer.constraint.Expression.optional;
import static io.slinfer.constraint.Expression.repeat;
import static io.slinfer.constraint.Expression.sequence;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.slinfer.constraint.Expression;
import java.util.ArrayList;
import java.util.List;

/** Compiles schemas of arrays: first items one by one, the rest alike. */
final class ArraySchemas {

  private final SchemaCompiler compiler;
  private final JsonSyntax syntax;

  ArraySchemas(SchemaCompiler compiler, JsonSyntax syntax) {
    this.compiler = compiler;
    this.syntax = syntax;
  }

  Expression compile(ObjectNode schema, String path) {
    if (schema.path("uniqueItems").asBoolean()) {
      throw new UnsupportedSchemaException("uniqueItems", path, "is not supported");
    }
    List<Expression> first = new ArrayList<>();
    for (JsonNode item : schema.path("prefixItems")) {
      first.add(compiler.compile(item, path + "/prefixItems/" + first.size()));
    }
    int min = SchemaKeywords.count(schema, "minItems", 0, path);
    int max = SchemaKeywords.count(schema, "maxItems", UNBOUNDED, path);
    JsonNode items = schema.path("items");
    if (items.isArray()) {
      throw new UnsupportedSchemaException("items", path, "as an array: use prefixItems");
    }
    if (items.equals(BooleanNode.FALSE)) {
      max = Math.min(max, first.size());
    }
    if (max < min) {
      throw new UnsupportedSchemaException(
          "minItems", path, "asks for " + min + " items where at most " + max + " are allowed");
    }
    Expression item =
        max <= first.size()
            ? EMPTY
            : compiler.compile(items.isMissingNode() ? BooleanNode.TRUE : items, path + "/items");
    if (first.isEmpty()) {
      return syntax.brackets(syntax.list(item, min, max));
    }
    return syntax.brackets(withFirst(first, item, min, max));
  }

  /** From the back: the rest after the first items, then each with all that follows it. */
  private Expression withFirst(List<Expression> first, Expression item, int min, int max) {
    int count = Math.min(first.size(), max);
    Expression rest = EMPTY;
    if (max > count) {
      int most = max == UNBOUNDED ? UNBOUNDED : max - count;
      rest = repeat(sequence(syntax.comma(), item), Math.max(0, min - count), most);
    }
    for (int i = count - 1; i >= 0; i--) {
      Expression here = i == 0 ? first.get(i) : sequence(syntax.comma(), first.get(i));
      Expression from = sequence(here, rest);
      rest = i < min ? from : optional(from);
    }
    return rest;
  }
}
