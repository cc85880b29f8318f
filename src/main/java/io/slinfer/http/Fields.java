package io.slinfer.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The fields of one JSON object of a request. A null counts as absent; a value of the wrong kind or
 * out of range is a {@link BadRequest} that names the field, the value and what is allowed.
 */
public final class Fields {

  private static final int SHOWN_CHARACTERS = 80;

  private final JsonNode object;
  private final String path;
  private final Map<String, String> sentAs;

  /**
   * @param path prefix of the fields' names, such as {@code messages[0].}; empty at the top
   */
  public Fields(JsonNode object, String path) {
    this(object, path, Map.of());
  }

  /**
   * @param sentAs what the caller called those fields that have other names here
   */
  public Fields(JsonNode object, String path, Map<String, String> sentAs) {
    this.object = object;
    this.path = path;
    this.sentAs = sentAs;
  }

  /** The field's value, or null if absent or null. */
  public JsonNode get(String field) {
    JsonNode value = object.get(field);
    return value == null || value.isNull() ? null : value;
  }

  /** What the caller called the field. */
  public String name(String field) {
    return path + sentAs.getOrDefault(field, field);
  }

  /** The field's value, which must be there. */
  public JsonNode required(String field, String kind) {
    JsonNode value = get(field);
    if (value == null) {
      throw new BadRequest(
          "`" + name(field) + "` is missing; it must be " + kind + ".", name(field));
    }
    return value;
  }

  public String requiredText(String field) {
    String value = text(field);
    if (value == null || value.isEmpty()) {
      throw new BadRequest("`" + name(field) + "` is missing; it must be a string.", name(field));
    }
    return value;
  }

  /** A string, or null if absent. */
  public String text(String field) {
    JsonNode value = get(field);
    if (value != null && !value.isTextual()) {
      throw bad(field, "a string");
    }
    return value == null ? null : value.textValue();
  }

  public boolean flag(String field, boolean absent) {
    JsonNode value = get(field);
    if (value != null && !value.isBoolean()) {
      throw bad(field, "true or false");
    }
    return value == null ? absent : value.booleanValue();
  }

  public double number(String field, double absent, double least, double most) {
    JsonNode value = get(field);
    if (value == null) {
      return absent;
    }
    // Written so that NaN is refused too.
    if (!value.isNumber() || !(value.doubleValue() >= least && value.doubleValue() <= most)) {
      throw bad(field, "a number from " + plain(least) + " to " + plain(most));
    }
    return value.doubleValue();
  }

  public int integer(String field, int absent, int least, int most) {
    JsonNode value = get(field);
    if (value == null) {
      return absent;
    }
    if (!isWhole(value) || value.doubleValue() < least || value.doubleValue() > most) {
      throw bad(
          field,
          most == Integer.MAX_VALUE && value.doubleValue() <= most
              ? "a whole number, at least " + least
              : "a whole number from " + least + " to " + most);
    }
    return (int) value.doubleValue();
  }

  /** A 64-bit integer, or null if absent. */
  public Long longInteger(String field) {
    JsonNode value = get(field);
    if (value != null && !(value.isIntegralNumber() && value.canConvertToLong())) {
      throw bad(field, "a whole number of 64 bits");
    }
    return value == null ? null : value.longValue();
  }

  /** An object's fields, or null if absent. */
  public Fields object(String field) {
    JsonNode value = get(field);
    if (value != null && !value.isObject()) {
      throw bad(field, "an object");
    }
    return value == null ? null : new Fields(value, name(field) + ".");
  }

  /** A word of a list, or null if absent. */
  public String word(String field, List<String> allowed) {
    String value = text(field);
    if (value != null && !allowed.contains(value)) {
      throw bad(field, String.join(", ", allowed));
    }
    return value;
  }

  /** Refuses any value but absent, null, false, 0, empty, or the one given. */
  public void unsupported(String field, String onlyAllowed) {
    JsonNode value = get(field);
    boolean neutral =
        value == null
            || (value.isContainerNode() && value.isEmpty())
            || (value.isBoolean() && !value.booleanValue())
            || value.asText().equals(onlyAllowed)
            || (value.isNumber() && onlyAllowed != null && isNumber(value, onlyAllowed));
    if (!neutral) {
      String only = onlyAllowed == null ? "null" : onlyAllowed.isEmpty() ? "\"\"" : onlyAllowed;
      throw bad(field, only + " (others are not supported)");
    }
  }

  /** The refusal of a field's value. */
  public BadRequest bad(String field, String allowed) {
    String value = String.valueOf(object.get(field));
    String shown =
        value.length() <= SHOWN_CHARACTERS ? value : value.substring(0, SHOWN_CHARACTERS) + "...";
    return new BadRequest(
        "`" + name(field) + "` is " + shown + "; allowed: " + allowed + ".", name(field));
  }

  /** A JSON value as templates see it: null, Boolean, Long, Double, String, List, Map in order. */
  public static Object plainValue(JsonNode node) {
    return switch (node.getNodeType()) {
      case OBJECT -> {
        Map<String, Object> map = new LinkedHashMap<>();
        node.properties().forEach(entry -> map.put(entry.getKey(), plainValue(entry.getValue())));
        yield map;
      }
      case ARRAY -> {
        List<Object> list = new ArrayList<>(node.size());
        node.forEach(element -> list.add(plainValue(element)));
        yield list;
      }
      case STRING -> node.textValue();
      case BOOLEAN -> node.booleanValue();
      case NUMBER ->
          node.isIntegralNumber() && node.canConvertToLong()
              ? (Object) node.longValue()
              : (Object) node.doubleValue();
      case NULL, MISSING, BINARY, POJO -> null;
    };
  }

  private static boolean isWhole(JsonNode value) {
    return value.isNumber()
        && (value.isIntegralNumber() || value.doubleValue() == Math.rint(value.doubleValue()));
  }

  private static boolean isNumber(JsonNode value, String number) {
    return number.matches("-?[0-9.]+") && value.doubleValue() == Double.parseDouble(number);
  }

  private static String plain(double number) {
    return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
  }
}
