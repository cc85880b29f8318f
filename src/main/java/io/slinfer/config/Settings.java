package io.slinfer.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Everything an operator can set, validated.
 *
 * @param device the device of this node
 * @param metrics what /metrics shows
 */
public record Settings(
    HttpSettings http, ModelSettings models, DeviceSettings device, MetricsSettings metrics) {

  /**
   * The folder of the installation, as the launcher gives it; the working directory without one.
   */
  public static Path home() {
    return Path.of(System.getProperty("slinfer.home", "")).toAbsolutePath();
  }

  /** The bundled settings file. */
  public static Path bundledFile() {
    return home().resolve("conf").resolve("slinfer.yaml");
  }

  /**
   * Reads a file; relative paths in it are relative to its folder.
   *
   * @throws SettingsException naming the file, the key, the value and what is allowed
   */
  public static Settings read(Path file) {
    String text;
    try {
      text = Files.readString(file);
    } catch (IOException failure) {
      throw new SettingsException(file + ": cannot be read: " + failure.getClass().getSimpleName());
    }
    return parse(file.toString(), text, file.toAbsolutePath().getParent());
  }

  static Settings parse(String file, String text, Path folder) {
    Section root = new Section(file, "", tree(file, text));
    Settings settings =
        new Settings(
            HttpSettings.read(root.section("http")),
            ModelSettings.read(root.section("models"), folder),
            device(file, root),
            MetricsSettings.read(root.section("metrics")));
    root.end();
    return settings;
  }

  private static DeviceSettings device(String file, Section root) {
    Map<String, DeviceSettings> devices =
        new LinkedHashMap<>(root.sections("devices", DeviceSettings::read));
    if (devices.isEmpty()) {
      return DeviceSettings.read("cpu", new Section(file, "devices.cpu", null));
    }
    for (String id : devices.keySet()) {
      if (!id.equals("cpu")) {
        throw new SettingsException(file + ": devices." + id + ": unknown device; allowed: cpu");
      }
    }
    return devices.get("cpu");
  }

  private static JsonNode tree(String file, String text) {
    ObjectMapper yaml =
        new ObjectMapper(
            YAMLFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build());
    try {
      return yaml.readTree(text);
    } catch (JsonProcessingException failure) {
      throw new SettingsException(
          file
              + ": line "
              + (failure.getLocation() == null ? "?" : failure.getLocation().getLineNr())
              + ": "
              + failure.getOriginalMessage().lines().findFirst().orElse("not YAML"));
    }
  }
}
