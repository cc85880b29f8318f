package io.slinfer.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Reads YAML files; every settings file, cluster, profile and fault file comes through here. */
final class Yaml {

  private static final ObjectMapper MAPPER =
      new ObjectMapper(
          YAMLFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build());

  private Yaml() {}

  /**
   * Reads a file's root to its end.
   *
   * @throws SettingsException naming the file, the key, the value and what is allowed
   */
  static <T> T read(Path file, Function<Section, T> reader) {
    try {
      return parse(file.toString(), Files.readString(file), reader);
    } catch (IOException failure) {
      throw new SettingsException(
          file
              + (Files.isRegularFile(file)
                  ? ": cannot be read: " + failure.getMessage()
                  : ": no such file"));
    }
  }

  /** As {@link #read}, of a text. */
  static <T> T parse(String file, String text, Function<Section, T> reader) {
    try {
      Section root = new Section(file, "", MAPPER.readTree(text));
      T value = reader.apply(root);
      root.end();
      return value;
    } catch (JsonProcessingException failure) {
      throw new SettingsException(
          file
              + ": line "
              + (failure.getLocation() == null ? "?" : failure.getLocation().getLineNr())
              + ": "
              + what(failure));
    }
  }

  /** What the parser says, without its indented quotations of the text. */
  private static String what(JsonProcessingException failure) {
    return failure
        .getOriginalMessage()
        .lines()
        .filter(line -> !line.isBlank() && !Character.isWhitespace(line.charAt(0)))
        .collect(Collectors.joining(": "));
  }
}
