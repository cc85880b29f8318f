package io.slinfer.constraint.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Proves of two schemas that no value meets both; it never claims so wrongly. */
record Disjointness(SchemaReferences references) {

  private static final int MAX_DEPTH = 8;

  boolean proves(JsonNode first, JsonNode second, String path) {
    return proves(first, second, path, 0);
  }

  private boolean proves(JsonNode first, JsonNode second, String path, int depth) {
    JsonNode a = references.resolve(first, path);
    JsonNode b = references.resolve(second, path);
    if (!a.isObject() || !b.isObject() || depth > MAX_DEPTH) {
      return false;
    }
    List<JsonNode> aValues = values(a);
    List<JsonNode> bValues = values(b);
    if (aValues != null && bValues != null) {
      return aValues.stream().noneMatch(x -> bValues.stream().anyMatch(y -> mayEqual(x, y)));
    }
    if (aValues != null || bValues != null) {
      List<String> types = declaredTypes(aValues != null ? b : a, path);
      List<JsonNode> values = aValues != null ? aValues : bValues;
      return values.stream()
          .noneMatch(v -> types.stream().anyMatch(t -> SchemaKeywords.isOfType(v, t)));
    }
    List<String> aTypes = declaredTypes(a, path);
    List<String> bTypes = declaredTypes(b, path);
    if (aTypes.stream().noneMatch(x -> bTypes.stream().anyMatch(y -> overlap(x, y)))) {
      return true;
    }
    return aTypes.equals(List.of("object"))
        && bTypes.equals(List.of("object"))
        && (objectsDiffer(a, b, path, depth) || forbids(a, b) || forbids(b, a));
  }

  /** Whether a property that both require has disjoint values in them. */
  private boolean objectsDiffer(JsonNode a, JsonNode b, String path, int depth) {
    for (String name : required(a)) {
      JsonNode mine = a.path("properties").path(name);
      JsonNode theirs = b.path("properties").path(name);
      if (required(b).contains(name)
          && !mine.isMissingNode()
          && !theirs.isMissingNode()
          && proves(mine, theirs, path, depth + 1)) {
        return true;
      }
    }
    return false;
  }

  /** Whether the first allows no property of a name that the second requires. */
  private static boolean forbids(JsonNode first, JsonNode second) {
    return first.path("additionalProperties").equals(BooleanNode.FALSE)
        && required(second).stream().anyMatch(name -> !first.path("properties").has(name));
  }

  private static Set<String> required(JsonNode schema) {
    Set<String> names = new HashSet<>();
    schema.path("required").forEach(name -> names.add(name.asText()));
    return names;
  }

  private static boolean overlap(String a, String b) {
    return a.equals(b) || (isNumeric(a) && isNumeric(b));
  }

  private static boolean isNumeric(String type) {
    return type.equals("number") || type.equals("integer");
  }

  private static boolean mayEqual(JsonNode a, JsonNode b) {
    return a.isNumber() && b.isNumber()
        ? a.decimalValue().compareTo(b.decimalValue()) == 0
        : a.equals(b) || (a.isContainerNode() && b.isContainerNode());
  }

  /** The types that the schema names; without type, all: a keyword alone binds only its type. */
  private static List<String> declaredTypes(JsonNode schema, String path) {
    return schema.has("type") ? SchemaKeywords.types(schema, path) : SchemaKeywords.TYPES;
  }

  /** The values that a schema lists, or null. */
  private static List<JsonNode> values(JsonNode schema) {
    if (schema.has("const")) {
      return List.of(schema.get("const"));
    }
    if (!schema.has("enum")) {
      return null;
    }
    List<JsonNode> values = new ArrayList<>();
    schema.get("enum").forEach(values::add);
    return values;
  }
}
