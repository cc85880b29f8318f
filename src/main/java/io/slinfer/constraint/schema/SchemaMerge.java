package io.slinfer.constraint.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Makes one schema that holds what two hold, where that can be written as one. */
final class SchemaMerge {

  private static final int MAX_DEPTH = 64;

  private final SchemaReferences references;
  private int depth;

  SchemaMerge(SchemaReferences references) {
    this.references = references;
  }

  /** The conjunction of two schemas; properties in the order of the first, then the second. */
  JsonNode merge(JsonNode first, JsonNode second, String path) {
    if (++depth > MAX_DEPTH) {
      throw new UnsupportedSchemaException("allOf", path, "schemas to merge are nested too deep");
    }
    try {
      JsonNode a = flatten(first, path);
      JsonNode b = flatten(second, path);
      if (a.isBoolean() || b.isBoolean()) {
        boolean other = a.isBoolean() ? a.booleanValue() : b.booleanValue();
        return !other ? BooleanNode.FALSE : a.isBoolean() ? b : a;
      }
      return mergeObjects((ObjectNode) a, (ObjectNode) b, path);
    } finally {
      depth--;
    }
  }

  /** Without annotations, without a reference and without allOf at the top. */
  JsonNode flatten(JsonNode schema, String path) {
    if (schema.isBoolean()) {
      return schema;
    }
    ObjectNode rest = SchemaKeywords.assertions(schema, path);
    JsonNode reference = rest.remove("$ref");
    JsonNode all = rest.has("allOf") ? SchemaKeywords.array(rest, "allOf", path) : null;
    rest.remove("allOf");
    JsonNode result = rest;
    if (reference != null) {
      result = merge(result, references.find(reference, path), path);
    }
    if (all != null) {
      for (JsonNode part : all) {
        result = merge(result, part, path + "/allOf");
      }
    }
    return result;
  }

  private JsonNode mergeObjects(ObjectNode a, ObjectNode b, String path) {
    ObjectNode merged = a.deepCopy();
    for (Map.Entry<String, JsonNode> field : b.properties()) {
      String keyword = field.getKey();
      JsonNode other = field.getValue();
      JsonNode own = a.get(keyword);
      if (own == null || own.equals(other)) {
        merged.set(keyword, other);
      } else if (!isObjectKeyword(keyword)) {
        merged.set(keyword, combine(keyword, own, other, path));
      }
    }
    if (a.has("properties") || b.has("properties")) {
      merged.set("properties", mergeProperties(a, b, path));
    }
    if (a.has("required") && b.has("required")) {
      Set<JsonNode> required = new LinkedHashSet<>();
      a.get("required").forEach(required::add);
      b.get("required").forEach(required::add);
      merged.set("required", arrayOf(required));
    }
    if (a.has("additionalProperties") && b.has("additionalProperties")) {
      merged.set(
          "additionalProperties",
          merge(a.get("additionalProperties"), b.get("additionalProperties"), path));
    }
    return merged;
  }

  private static boolean isObjectKeyword(String keyword) {
    return keyword.equals("properties")
        || keyword.equals("required")
        || keyword.equals("additionalProperties");
  }

  /** Each property meets what both schemas say of it, be it as a further property. */
  private ObjectNode mergeProperties(ObjectNode a, ObjectNode b, String path) {
    ObjectNode merged = JsonNodeFactory.instance.objectNode();
    Set<String> names = new LinkedHashSet<>();
    a.path("properties").fieldNames().forEachRemaining(names::add);
    b.path("properties").fieldNames().forEachRemaining(names::add);
    for (String name : names) {
      String where = path + "/properties/" + name;
      merged.set(name, merge(property(a, name), property(b, name), where));
    }
    return merged;
  }

  private static JsonNode property(ObjectNode schema, String name) {
    JsonNode declared = schema.path("properties").path(name);
    JsonNode further = schema.path("additionalProperties");
    return !declared.isMissingNode()
        ? declared
        : further.isMissingNode() ? BooleanNode.TRUE : further;
  }

  private JsonNode combine(String keyword, JsonNode own, JsonNode other, String path) {
    return switch (keyword) {
      case "type" -> commonTypes(own, other, path);
      case "enum" -> commonValues(own, other, path);
      case "minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties" ->
          own.decimalValue().compareTo(other.decimalValue()) >= 0 ? own : other;
      case "maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties" ->
          own.decimalValue().compareTo(other.decimalValue()) <= 0 ? own : other;
      case "items" -> merge(own, other, path + "/items");
      default ->
          throw new UnsupportedSchemaException(
              keyword, path, "two different values cannot be merged: " + own + " and " + other);
    };
  }

  private static JsonNode commonTypes(JsonNode own, JsonNode other, String path) {
    Set<JsonNode> common = new LinkedHashSet<>();
    for (JsonNode a : own.isArray() ? own : List.of(own)) {
      for (JsonNode b : other.isArray() ? other : List.of(other)) {
        boolean integer = a.asText().equals("integer") && b.asText().equals("number");
        boolean number = a.asText().equals("number") && b.asText().equals("integer");
        if (a.equals(b) || integer) {
          common.add(a);
        } else if (number) {
          common.add(b);
        }
      }
    }
    if (common.isEmpty()) {
      throw new UnsupportedSchemaException(
          "type", path, own + " and " + other + " have nothing in common");
    }
    return arrayOf(common);
  }

  private static JsonNode commonValues(JsonNode own, JsonNode other, String path) {
    Set<JsonNode> common = new LinkedHashSet<>();
    own.forEach(common::add);
    Set<JsonNode> wanted = new LinkedHashSet<>();
    other.forEach(wanted::add);
    common.retainAll(wanted);
    if (common.isEmpty()) {
      throw new UnsupportedSchemaException("enum", path, "no value is allowed by both schemas");
    }
    return arrayOf(common);
  }

  private static ArrayNode arrayOf(Iterable<JsonNode> elements) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    elements.forEach(array::add);
    return array;
  }
}
