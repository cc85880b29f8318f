package io.slinfer.constraint.schema;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;

/** Finds what {@code $ref} names within one schema document. */
record SchemaReferences(JsonNode root) {

  private static final int MAX_HOPS = 64;

  /**
   * The schema that a reference leads to.
   *
   * @throws UnsupportedSchemaException if it leads outside the document or nowhere
   */
  JsonNode find(JsonNode reference, String path) {
    String text = reference.isTextual() ? reference.textValue() : "";
    if (!text.equals("#") && !text.startsWith("#/")) {
      throw new UnsupportedSchemaException(
          "$ref", path, reference + " is not supported; use #/ and a path within the schema");
    }
    String pointer =
        URLDecoder.decode(text.substring(1).replace("+", "%2B"), StandardCharsets.UTF_8);
    JsonNode target = root.at(JsonPointer.compile(pointer));
    if (target.isMissingNode()) {
      throw new UnsupportedSchemaException("$ref", path, text + " leads nowhere");
    }
    return target;
  }

  /** The schema itself, or what its reference leads to if it is nothing but one. */
  JsonNode resolve(JsonNode schema, String path) {
    JsonNode at = schema;
    for (int hops = 0; at.isObject() && at.has("$ref"); hops++) {
      if (hops == MAX_HOPS) {
        throw new UnsupportedSchemaException("$ref", path, "references lead in a circle");
      }
      if (SchemaKeywords.assertions(at, path).size() > 1) {
        return at;
      }
      at = find(at.get("$ref"), path);
    }
    return at;
  }
}
