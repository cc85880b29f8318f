package io.slinfer.constraint.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Makes schemas whose strings, arrays and objects are bounded, and instances that meet them. */
public final class RandomSchemas {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final String[] NAMES = {"a", "ab", "name", "größe", "x y", "q\"t", "id", "日本"};
  private static final String CHARACTERS = "ab \"\\/\n\u0001é日😀z";

  private final Random random;

  public RandomSchemas(Random random) {
    this.random = random;
  }

  /** A schema and a way to make its instances. */
  public JsonNode schema(int depth) {
    int kinds = depth == 0 ? 7 : 12;
    return switch (random.nextInt(kinds)) {
      case 0, 1 -> string();
      case 2 -> integer();
      case 3 -> number();
      case 4 -> type(random.nextBoolean() ? "boolean" : "null");
      case 5 -> listed();
      case 6 -> format();
      case 7, 8, 9 -> object(depth);
      case 10 -> array(depth);
      default -> anyOf(depth);
    };
  }

  private static ObjectNode type(String name) {
    return JSON.objectNode().put("type", name);
  }

  private ObjectNode string() {
    int min = random.nextInt(3);
    ObjectNode schema = type("string").put("maxLength", min + random.nextInt(40));
    return min > 0 ? schema.put("minLength", min) : schema;
  }

  private ObjectNode integer() {
    ObjectNode schema = type("integer");
    int low = random.nextInt(2000) - 1000;
    if (random.nextBoolean()) {
      schema.put(random.nextBoolean() ? "minimum" : "exclusiveMinimum", low);
    }
    if (random.nextBoolean()) {
      schema.put(random.nextBoolean() ? "maximum" : "exclusiveMaximum", low + 300);
    }
    if (random.nextInt(3) == 0) {
      schema.put("multipleOf", 1 + random.nextInt(30));
    }
    return schema;
  }

  private ObjectNode number() {
    ObjectNode schema = type("number");
    int low = random.nextInt(20) - 10;
    if (random.nextBoolean()) {
      schema.put(random.nextBoolean() ? "minimum" : "exclusiveMinimum", low);
    }
    if (random.nextBoolean()) {
      schema.put(
          random.nextBoolean() ? "maximum" : "exclusiveMaximum", low + 1 + random.nextInt(9));
    }
    if (random.nextInt(4) == 0) {
      schema.put("multipleOf", 0.01);
    }
    return schema;
  }

  private ObjectNode listed() {
    ObjectNode schema = JSON.objectNode();
    ArrayNode values = schema.putArray("enum");
    values.add("red").add(3).addNull().add(1.5).add(true).add("blé\n\"");
    values.addArray().add(1).addObject().put("k", "v");
    return random.nextBoolean() ? schema : JSON.objectNode().set("const", values.get(0));
  }

  private ObjectNode format() {
    String[] formats = {"date", "time", "date-time", "uuid", "ipv4"};
    return random.nextInt(3) == 0
        ? type("string").put("pattern", "^(ab|[c-e]{1,3}\\d?)-\\w{2}$")
        : type("string").put("format", formats[random.nextInt(formats.length)]);
  }

  private ObjectNode object(int depth) {
    ObjectNode schema = type("object");
    ObjectNode properties = JSON.objectNode();
    ArrayNode required = JSON.arrayNode();
    int count = random.nextInt(5);
    for (int i = 0; i < count; i++) {
      String name = NAMES[random.nextInt(NAMES.length)];
      if (!properties.has(name)) {
        properties.set(name, schema(depth - 1));
        if (random.nextBoolean()) {
          required.add(name);
        }
      }
    }
    if (properties.isEmpty()) {
      schema.put("maxProperties", 1 + random.nextInt(3));
      return schema.set("additionalProperties", schema(0));
    }
    schema.set("properties", properties);
    schema.set("required", required);
    return random.nextInt(4) > 0
        ? schema.put("additionalProperties", false)
        : schema.set("additionalProperties", schema(0));
  }

  private ObjectNode array(int depth) {
    ObjectNode schema = type("array");
    int min = random.nextInt(3);
    schema.put("minItems", min).put("maxItems", min + random.nextInt(4));
    if (random.nextInt(3) == 0) {
      schema.putArray("prefixItems").add(schema(0)).add(schema(0));
    }
    return schema.set("items", schema(depth - 1));
  }

  private ObjectNode anyOf(int depth) {
    ObjectNode schema = JSON.objectNode();
    ArrayNode branches = schema.putArray("anyOf");
    branches.add(schema(depth - 1)).add(schema(depth - 1));
    return schema;
  }

  /** An instance of a schema made here, or null where none is easily made. */
  JsonNode instance(JsonNode schema) {
    if (schema.has("anyOf")) {
      return instance(schema.get("anyOf").get(random.nextInt(2)));
    }
    if (schema.has("const")) {
      return schema.get("const");
    }
    if (schema.has("enum")) {
      return schema.get("enum").get(random.nextInt(schema.get("enum").size()));
    }
    return switch (schema.get("type").textValue()) {
      case "string" -> stringInstance(schema);
      case "integer" -> integerInstance(schema);
      case "number" -> numberInstance(schema);
      case "boolean" -> JSON.booleanNode(random.nextBoolean());
      case "null" -> JSON.nullNode();
      case "array" -> arrayInstance(schema);
      default -> objectInstance(schema);
    };
  }

  private JsonNode stringInstance(JsonNode schema) {
    if (schema.has("pattern")) {
      return JSON.textNode(random.nextBoolean() ? "ab-_9" : "ced7-zz");
    }
    if (schema.has("format")) {
      return JSON.textNode(
          switch (schema.get("format").textValue()) {
            case "date" -> "2024-02-29";
            case "time" -> "23:59:00.25Z";
            case "date-time" -> "1999-12-31T00:00:01+05:30";
            case "uuid" -> "123e4567-E89b-12d3-a456-426614174000";
            default -> "192.168.255.1";
          });
    }
    int min = schema.path("minLength").asInt(0);
    int length = min + random.nextInt(schema.get("maxLength").intValue() - min + 1);
    StringBuilder text = new StringBuilder();
    int[] characters = CHARACTERS.codePoints().toArray();
    for (int i = 0; i < length; i++) {
      text.appendCodePoint(characters[random.nextInt(characters.length)]);
    }
    return JSON.textNode(text.toString());
  }

  private JsonNode integerInstance(JsonNode schema) {
    long step = schema.path("multipleOf").asInt(1);
    for (int tries = 0; tries < 1000; tries++) {
      long value = (random.nextInt(4000) - 2000) / step * step;
      if (isWithin(schema, value)) {
        return JSON.numberNode(value);
      }
    }
    return null;
  }

  private JsonNode numberInstance(JsonNode schema) {
    for (int tries = 0; tries < 1000; tries++) {
      long hundredths = random.nextInt(4000) - 2000;
      if (isWithin(schema, hundredths / 100.0)) {
        return JSON.numberNode(BigDecimal.valueOf(hundredths, 2));
      }
    }
    return null;
  }

  private static boolean isWithin(JsonNode schema, double value) {
    return value >= schema.path("minimum").asDouble(Double.NEGATIVE_INFINITY)
        && value > schema.path("exclusiveMinimum").asDouble(Double.NEGATIVE_INFINITY)
        && value <= schema.path("maximum").asDouble(Double.POSITIVE_INFINITY)
        && value < schema.path("exclusiveMaximum").asDouble(Double.POSITIVE_INFINITY);
  }

  private JsonNode arrayInstance(JsonNode schema) {
    ArrayNode array = JSON.arrayNode();
    int min = schema.get("minItems").intValue();
    int length = min + random.nextInt(schema.get("maxItems").intValue() - min + 1);
    List<JsonNode> first = new ArrayList<>();
    schema.path("prefixItems").forEach(first::add);
    for (int i = 0; i < length; i++) {
      JsonNode item = instance(i < first.size() ? first.get(i) : schema.get("items"));
      if (item == null) {
        return null;
      }
      array.add(item);
    }
    return array;
  }

  private JsonNode objectInstance(JsonNode schema) {
    ObjectNode object = JSON.objectNode();
    List<String> required = new ArrayList<>();
    schema.path("required").forEach(name -> required.add(name.textValue()));
    for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
      if (required.contains(property.getKey()) || random.nextBoolean()) {
        JsonNode value = instance(property.getValue());
        if (value == null) {
          return null;
        }
        object.set(property.getKey(), value);
      }
    }
    if (schema.path("additionalProperties").isObject() && random.nextBoolean()) {
      JsonNode value = instance(schema.get("additionalProperties"));
      if (value != null) {
        object.set("further", value);
      }
    }
    return object;
  }
}
