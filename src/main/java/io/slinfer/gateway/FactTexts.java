package io.slinfer.gateway;

import java.util.LinkedHashMap;
import java.util.Map;

/** A model's scalar metadata as texts, for other nodes: key, type and value in turn. */
final class FactTexts {

  private FactTexts() {}

  static String[] write(Map<String, Object> metadata) {
    String[] texts = new String[3 * metadata.size()];
    int at = 0;
    for (Map.Entry<String, Object> pair : metadata.entrySet()) {
      texts[at++] = pair.getKey();
      texts[at++] =
          switch (pair.getValue()) {
            case String _ -> "s";
            case Boolean _ -> "b";
            case Double _, Float _ -> "f";
            default -> "i";
          };
      texts[at++] = pair.getValue().toString();
    }
    return texts;
  }

  static Map<String, Object> read(String[] texts) {
    Map<String, Object> metadata = new LinkedHashMap<>();
    for (int i = 0; i + 2 < texts.length; i += 3) {
      String value = texts[i + 2];
      metadata.put(
          texts[i],
          switch (texts[i + 1]) {
            case "b" -> Boolean.valueOf(value);
            case "f" -> Double.valueOf(value);
            case "i" -> Long.valueOf(value);
            default -> value;
          });
    }
    return metadata;
  }
}
