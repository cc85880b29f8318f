package io.slinfer.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One mapping of a settings file, read key by key: every getter takes the default for an absent key
 * and refuses a value of the wrong kind or out of range by name; {@link #end} refuses the keys that
 * nobody asked for.
 *
 * <p>Confined to the reader.
 */
final class Section {

  private static final Pattern QUANTITY = Pattern.compile("([0-9]+(?:\\.[0-9]+)?)\\s*([A-Za-z]*)");
  private static final Map<String, Double> BYTE_UNITS =
      Map.of("B", 1.0, "KiB", 0x1p10, "MiB", 0x1p20, "GiB", 0x1p30, "TiB", 0x1p40);
  private static final Map<String, Double> MILLISECOND_UNITS =
      Map.of("ms", 1.0, "s", 1_000.0, "min", 60_000.0, "h", 3_600_000.0);

  private final String file;
  private final String path;
  private final JsonNode node;
  private final TreeSet<String> known = new TreeSet<>();

  /**
   * @param file for messages
   * @param path the keys from the root to here, joined by dots; empty for the root
   * @param node a mapping, or missing or null for an empty one
   */
  Section(String file, String path, JsonNode node) {
    this.file = file;
    this.path = path;
    this.node = node == null || node.isNull() ? MissingNode.getInstance() : node;
    if (!this.node.isMissingNode() && !this.node.isObject()) {
      throw new SettingsException(
          file
              + ": "
              + (path.isEmpty() ? "the file" : path)
              + " is not a mapping of keys to values");
    }
  }

  /** The mapping under a key; empty if absent. */
  Section section(String key) {
    return new Section(file, name(key), get(key));
  }

  /** The mappings under a key, in order, each read by {@code reader} with its own key. */
  <T> Map<String, T> sections(String key, BiFunction<String, Section, T> reader) {
    Section all = section(key);
    Map<String, T> values = new LinkedHashMap<>();
    all.node
        .fieldNames()
        .forEachRemaining(name -> values.put(name, reader.apply(name, all.section(name))));
    return values;
  }

  int integer(String key, int absent, int least, int most) {
    JsonNode value = get(key);
    if (value == null) {
      return absent;
    }
    if (!value.isIntegralNumber()
        || !value.canConvertToInt()
        || value.intValue() < least
        || value.intValue() > most) {
      throw bad(key, value, "a whole number from " + least + " to " + most);
    }
    return value.intValue();
  }

  /** A finite number. */
  double number(String key, double absent, double least, double most) {
    JsonNode value = get(key);
    return value == null ? absent : number(key, value, least, most);
  }

  private double number(String key, JsonNode value, double least, double most) {
    // Written so that NaN is refused too.
    if (!value.isNumber() || !(value.doubleValue() >= least && value.doubleValue() <= most)) {
      throw bad(key, value, "a number from " + plain(least) + " to " + plain(most));
    }
    return value.doubleValue();
  }

  private static String plain(double number) {
    return number == Math.rint(number) && Math.abs(number) < 1e15
        ? Long.toString((long) number)
        : Double.toString(number);
  }

  /** A list of pairs of numbers, none negative: {@code [[1, 70], [128, 99]]}; at least one. */
  double[][] pairs(String key) {
    JsonNode value = required(key, "a list of pairs of numbers");
    boolean wellFormed = value.isArray() && !value.isEmpty();
    for (JsonNode pair : value) {
      wellFormed &= pair.isArray() && pair.size() == 2;
    }
    if (!wellFormed) {
      throw bad(key, value, "a list of pairs of numbers, such as [[1, 70], [128, 99]]");
    }
    double[][] pairs = new double[value.size()][];
    for (int i = 0; i < pairs.length; i++) {
      pairs[i] =
          new double[] {
            number(key, value.get(i).get(0), 0, Double.MAX_VALUE),
            number(key, value.get(i).get(1), 0, Double.MAX_VALUE)
          };
    }
    return pairs;
  }

  /** The mappings of a list, each read to its end by {@code reader}; none if the key is absent. */
  <T> List<T> list(String key, Function<Section, T> reader) {
    JsonNode value = get(key);
    if (value == null) {
      return List.of();
    }
    if (!value.isArray()) {
      throw bad(key, value, "a list of mappings");
    }
    List<T> elements = new ArrayList<>();
    for (int i = 0; i < value.size(); i++) {
      Section element = new Section(file, name(key) + "[" + i + "]", value.get(i));
      elements.add(reader.apply(element));
      element.end();
    }
    return List.copyOf(elements);
  }

  /** A text that must be there. */
  String requiredText(String key) {
    required(key, "a text");
    return text(key, "");
  }

  private JsonNode required(String key, String allowed) {
    JsonNode value = get(key);
    if (value == null) {
      throw bad(key, "missing", allowed);
    }
    return value;
  }

  boolean flag(String key, boolean absent) {
    JsonNode value = get(key);
    if (value == null) {
      return absent;
    }
    if (!value.isBoolean()) {
      throw bad(key, value, "true or false");
    }
    return value.booleanValue();
  }

  String text(String key, String absent) {
    JsonNode value = get(key);
    if (value == null) {
      return absent;
    }
    if (!value.isTextual() || value.textValue().isBlank()) {
      throw bad(key, value, "a text that is not empty");
    }
    return value.textValue();
  }

  /** One word of a list, such as an engine's name. */
  String word(String key, String absent, List<String> allowed) {
    String value = text(key, absent);
    if (!allowed.contains(value)) {
      throw bad(key, get(key), String.join(", ", allowed));
    }
    return value;
  }

  List<String> texts(String key, List<String> absent) {
    JsonNode value = get(key);
    if (value == null) {
      return absent;
    }
    List<String> texts = new ArrayList<>();
    if (value.isArray()) {
      value.forEach(element -> texts.add(element.isTextual() ? element.textValue() : ""));
    }
    if (!value.isArray() || texts.stream().anyMatch(String::isBlank)) {
      throw bad(key, value, "a list of texts, such as [a, b]");
    }
    return List.copyOf(texts);
  }

  /** The texts under a mapping's keys. */
  Map<String, String> textsByKey(String key) {
    Section all = section(key);
    Map<String, String> texts = new LinkedHashMap<>();
    all.node.fieldNames().forEachRemaining(name -> texts.put(name, all.text(name, "")));
    return texts;
  }

  /** A number of bytes: {@code 4 GiB}, {@code 64 KiB}; {@code absent} also stands for auto. */
  long bytes(String key, long absent, long least) {
    return quantity(key, absent, least, BYTE_UNITS, "a size such as 64 KiB or 4 GiB");
  }

  /** A duration in milliseconds: {@code 250 ms}, {@code 5 s}, {@code 10 min}. */
  long millis(String key, long absent, long least) {
    return quantity(key, absent, least, MILLISECOND_UNITS, "a duration such as 250 ms or 5 s");
  }

  /** Whether the key holds the word {@code auto}. */
  boolean isAuto(String key) {
    JsonNode value = get(key);
    return value == null || value.asText().equals("auto");
  }

  /** Refuses what nobody asked for. */
  void end() {
    node.fieldNames()
        .forEachRemaining(
            key -> {
              if (!known.contains(key)) {
                throw new SettingsException(
                    file
                        + ": "
                        + name(key)
                        + ": "
                        + node.get(key)
                        + ": unknown key; allowed here: "
                        + String.join(", ", known));
              }
            });
  }

  /** The refusal of a value. */
  SettingsException bad(String key, Object value, String allowed) {
    return new SettingsException(file + ": " + name(key) + ": " + value + "; allowed: " + allowed);
  }

  private long quantity(
      String key, long absent, long least, Map<String, Double> units, String example) {
    JsonNode value = get(key);
    if (value == null) {
      return absent;
    }
    Matcher matcher = QUANTITY.matcher(value.asText());
    Double unit = matcher.matches() ? units.get(matcher.group(2)) : null;
    if (unit == null) {
      throw bad(key, value, example + " (units: " + new TreeSet<>(units.keySet()) + ")");
    }
    double amount = Double.parseDouble(matcher.group(1)) * unit;
    if (amount < least || amount > Long.MAX_VALUE / 2.0) {
      throw bad(key, value, "at least " + least + (units == BYTE_UNITS ? " B" : " ms"));
    }
    return Math.round(amount);
  }

  /** The value under a key, or null if absent or null; the key counts as known from now on. */
  private JsonNode get(String key) {
    known.add(key);
    JsonNode value = node.get(key);
    return value == null || value.isNull() ? null : value;
  }

  private String name(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }
}
