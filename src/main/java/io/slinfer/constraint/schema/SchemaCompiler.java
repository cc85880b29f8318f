package io.slinfer.constraint.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.slinfer.constraint.ConstraintException;
import io.slinfer.constraint.Expression;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Compiles the schemas of one document into expressions. Confined to one compilation. */
final class SchemaCompiler {

  private static final int MAX_SCHEMAS = 20_000;
  private static final int MAX_DEPTH = 100;
  private static final int MAX_LITERAL_CHARACTERS = 200_000;

  private final JsonSyntax syntax;
  private final SchemaReferences references;
  private final SchemaMerge merge;
  private final Disjointness disjointness;
  private final ObjectSchemas objects;
  private final ArraySchemas arrays;
  private final ScalarSchemas scalars;

  /** Tells the rules of this document's references from those of another in the same grammar. */
  private final String rulePrefix;

  private int schemas;
  private int depth;
  private int literalCharacters;

  SchemaCompiler(JsonNode root, JsonSyntax syntax) {
    this.syntax = syntax;
    references = new SchemaReferences(root);
    merge = new SchemaMerge(references);
    disjointness = new Disjointness(references);
    objects = new ObjectSchemas(this, syntax);
    arrays = new ArraySchemas(this, syntax);
    scalars = new ScalarSchemas(syntax);
    rulePrefix = syntax.builder().newName("schema");
  }

  /**
   * The values of a schema.
   *
   * @param path where the schema is in the document, for errors
   */
  Expression compile(JsonNode schema, String path) {
    if (++schemas > MAX_SCHEMAS) {
      throw new ConstraintException("the schema expands to more than " + MAX_SCHEMAS + " schemas");
    }
    if (depth == MAX_DEPTH) {
      throw new ConstraintException("schemas are nested deeper than " + MAX_DEPTH + " at " + path);
    }
    if (schema.isBoolean()) {
      if (schema.booleanValue()) {
        return syntax.value();
      }
      throw new UnsupportedSchemaException("false", path, "no value meets this schema");
    }
    depth++;
    try {
      return compileKeywords(SchemaKeywords.assertions(schema, path), path);
    } finally {
      depth--;
    }
  }

  private Expression compileKeywords(ObjectNode schema, String path) {
    if (schema.has("$ref") && schema.size() == 1) {
      JsonNode target = references.find(schema.get("$ref"), path);
      String reference = schema.get("$ref").textValue();
      return syntax.builder().rule(rulePrefix + reference, () -> compile(target, reference));
    }
    if (schema.has("$ref") || schema.has("allOf")) {
      return compile(merge.flatten(schema, path), path);
    }
    for (String keyword : List.of("anyOf", "oneOf")) {
      if (schema.has(keyword)) {
        return compileBranches(schema, keyword, path);
      }
    }
    if (schema.has("const") || schema.has("enum")) {
      return compileValues(schema, path);
    }
    List<String> types = SchemaKeywords.types(schema, path);
    if (types.equals(SchemaKeywords.TYPES) && schema.isEmpty()) {
      return syntax.value();
    }
    List<Expression> alternatives = new ArrayList<>();
    for (String type : types) {
      alternatives.add(compileType(type, schema, path));
    }
    return alternatives.size() == 1 ? alternatives.getFirst() : new Expression.Choice(alternatives);
  }

  private Expression compileType(String type, ObjectNode schema, String path) {
    return switch (type) {
      case "object" -> objects.compile(schema, path);
      case "array" -> arrays.compile(schema, path);
      case "string" -> scalars.string(schema, path);
      case "number" -> scalars.number(schema, false, path);
      case "integer" -> scalars.number(schema, true, path);
      case "boolean" -> JsonSyntax.bool();
      case "null" -> Expression.text("null");
      default -> throw new AssertionError(type);
    };
  }

  private Expression compileBranches(ObjectNode schema, String keyword, String path) {
    JsonNode branches = SchemaKeywords.array(schema, keyword, path);
    String below = path + "/" + keyword;
    if (keyword.equals("oneOf")) {
      requireDisjoint(branches, path);
    }
    ObjectNode rest = schema.deepCopy();
    rest.remove(keyword);
    List<Expression> alternatives = new ArrayList<>();
    for (int i = 0; i < branches.size(); i++) {
      String where = below + "/" + i;
      JsonNode branch = branches.get(i);
      JsonNode whole = rest.isEmpty() ? branch : merge.merge(rest, branch, where);
      if (!whole.isBoolean() || whole.booleanValue()) {
        alternatives.add(compile(whole, where));
      }
    }
    if (alternatives.isEmpty()) {
      throw new UnsupportedSchemaException(keyword, path, "no value meets any branch");
    }
    return new Expression.Choice(alternatives);
  }

  private void requireDisjoint(JsonNode branches, String path) {
    for (int i = 0; i < branches.size(); i++) {
      for (int j = 0; j < i; j++) {
        if (!disjointness.proves(branches.get(i), branches.get(j), path)) {
          throw new UnsupportedSchemaException(
              "oneOf", path, "branches " + j + " and " + i + " may overlap; use anyOf");
        }
      }
    }
  }

  private Expression compileValues(ObjectNode schema, String path) {
    String keyword = schema.has("const") ? "const" : "enum";
    Iterable<JsonNode> listed =
        schema.has("const")
            ? List.of(schema.get("const"))
            : SchemaKeywords.array(schema, "enum", path);
    for (Map.Entry<String, JsonNode> field : schema.properties()) {
      if (!field.getKey().equals(keyword) && !field.getKey().equals("type")) {
        throw new UnsupportedSchemaException(
            field.getKey(), path, "is not supported beside " + keyword);
      }
    }
    List<String> types = schema.has("type") ? SchemaKeywords.types(schema, path) : null;
    List<Expression> values = new ArrayList<>();
    for (JsonNode value : listed) {
      if (types == null || types.stream().anyMatch(t -> SchemaKeywords.isOfType(value, t))) {
        values.add(literal(value));
      }
    }
    if (values.isEmpty()) {
      throw new UnsupportedSchemaException(keyword, path, "no value is of type " + types);
    }
    return new Expression.Choice(values);
  }

  private Expression literal(JsonNode value) {
    if (value.isObject()) {
      List<Expression> members = new ArrayList<>();
      for (Map.Entry<String, JsonNode> field : value.properties()) {
        members.add(syntax.member(JsonSyntax.quoted(field.getKey()), literal(field.getValue())));
      }
      return syntax.braces(syntax.separated(members));
    }
    if (value.isArray()) {
      List<Expression> items = new ArrayList<>();
      value.forEach(item -> items.add(literal(item)));
      return syntax.brackets(syntax.separated(items));
    }
    String text = value.toString();
    literalCharacters += text.length();
    if (literalCharacters > MAX_LITERAL_CHARACTERS) {
      throw new ConstraintException(
          "the schema's enum and const values have more than "
              + MAX_LITERAL_CHARACTERS
              + " characters");
    }
    return Expression.text(text);
  }
}
