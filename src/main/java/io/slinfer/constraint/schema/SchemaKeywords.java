package io.slinfer.constraint.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The keywords of JSON schema by what becomes of them here, and how their values are read. */
final class SchemaKeywords {

  /** Say nothing about validity. */
  private static final Set<String> ANNOTATIONS =
      Set.of(
          "title",
          "description",
          "default",
          "examples",
          "example",
          "$schema",
          "$id",
          "$comment",
          "deprecated",
          "readOnly",
          "writeOnly",
          "$defs",
          "definitions",
          "discriminator",
          "contentMediaType",
          "contentEncoding");

  static final Map<String, Set<String>> BY_TYPE =
      Map.of(
          "object",
              Set.of(
                  "properties",
                  "required",
                  "additionalProperties",
                  "minProperties",
                  "maxProperties"),
          "array", Set.of("items", "prefixItems", "minItems", "maxItems", "uniqueItems"),
          "string", Set.of("minLength", "maxLength", "pattern", "format"),
          "number",
              Set.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"));

  private static final Set<String> FOR_ALL_TYPES =
      Set.of("type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref");

  static final List<String> TYPES =
      List.of("object", "array", "string", "number", "integer", "boolean", "null");

  private SchemaKeywords() {}

  /** The schema without annotations; refuses keywords that are not supported. */
  static ObjectNode assertions(JsonNode schema, String path) {
    if (!(schema instanceof ObjectNode object)) {
      throw new UnsupportedSchemaException(
          "schema", path, "must be an object or a boolean, not " + schema);
    }
    ObjectNode kept = object.objectNode();
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      String keyword = field.getKey();
      if (ANNOTATIONS.contains(keyword) || keyword.startsWith("x-")) {
        continue;
      }
      boolean known =
          FOR_ALL_TYPES.contains(keyword)
              || BY_TYPE.values().stream().anyMatch(set -> set.contains(keyword));
      if (!known) {
        throw new UnsupportedSchemaException(keyword, path, "is not supported");
      }
      kept.set(keyword, field.getValue());
    }
    return kept;
  }

  /** The types that the schema names, or those that its keywords speak of; all if neither. */
  static List<String> types(JsonNode schema, String path) {
    JsonNode type = schema.path("type");
    List<String> types = new ArrayList<>();
    if (type.isMissingNode()) {
      for (String name : TYPES) {
        Set<String> keywords = BY_TYPE.getOrDefault(name, Set.of());
        if (keywords.stream().anyMatch(schema::has)) {
          types.add(name);
        }
      }
      return types.isEmpty() ? TYPES : types;
    }
    for (JsonNode name : type.isArray() ? type : List.of(type)) {
      if (!name.isTextual() || !TYPES.contains(name.textValue())) {
        throw new UnsupportedSchemaException("type", path, name + " is none of " + TYPES);
      }
      types.add(name.textValue());
    }
    if (types.contains("number")) {
      types.remove("integer");
    }
    return types.stream().distinct().toList();
  }

  /** A count that the keyword gives, or the default. */
  static int count(JsonNode schema, String keyword, int absent, String path) {
    JsonNode value = schema.path(keyword);
    if (value.isMissingNode()) {
      return absent;
    }
    boolean whole = value.isNumber() && value.decimalValue().stripTrailingZeros().scale() <= 0;
    if (!whole || value.doubleValue() < 0 || value.doubleValue() > 1 << 30) {
      throw new UnsupportedSchemaException(
          keyword, path, value + " is not a number from 0 to " + (1 << 30));
    }
    return value.intValue();
  }

  /** An array that the keyword must hold. */
  static JsonNode array(JsonNode schema, String keyword, String path) {
    JsonNode value = schema.get(keyword);
    if (!value.isArray() || value.isEmpty()) {
      throw new UnsupportedSchemaException(keyword, path, "must be an array with elements");
    }
    return value;
  }

  /** The type of a value: an integer is one also if written with a zero fraction. */
  static boolean isOfType(JsonNode value, String type) {
    return switch (type) {
      case "object" -> value.isObject();
      case "array" -> value.isArray();
      case "string" -> value.isTextual();
      case "number" -> value.isNumber();
      case "integer" ->
          value.isIntegralNumber()
              || (value.isNumber() && value.decimalValue().stripTrailingZeros().scale() <= 0);
      case "boolean" -> value.isBoolean();
      case "null" -> value.isNull();
      default -> throw new AssertionError(type);
    };
  }
}
