package io.slinfer.testing;

import io.slinfer.config.Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Settings from a text instead of a file. */
public final class SettingsText {

  private SettingsText() {}

  public static Settings parse(String yaml) {
    try {
      Path file = Files.createTempFile("slinfer", ".yaml");
      try {
        Files.writeString(file, yaml);
        return Settings.read(file);
      } finally {
        Files.delete(file);
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
