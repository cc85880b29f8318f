package io.slinfer.config;

import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads YAML files into records; unknown keys are errors that name the key. */
final class Yaml {

  private static final ObjectMapper MAPPER = new ObjectMapper(new YAMLFactory());

  private Yaml() {}

  static <T> T read(Path file, Class<T> type) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException("no such file: " + file);
    }
    try {
      return MAPPER.readValue(file.toFile(), type);
    } catch (JsonMappingException e) {
      throw new IOException(
          file + ": " + e.getOriginalMessage() + " at " + e.getPathReference(), e);
    }
  }
}
