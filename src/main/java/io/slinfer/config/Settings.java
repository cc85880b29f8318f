package io.slinfer.config;

import io.slinfer.request.DeviceId;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Everything an operator can set, validated.
 *
 * @param devices the devices of this node: all real or all emulated; at least one
 * @param serving how models share the devices
 * @param metrics what /metrics shows
 * @param cluster the nodes that it serves with
 * @param profiles what is measured of models, and where it is kept
 */
public record Settings(
    HttpSettings http,
    ModelSettings models,
    List<DeviceSettings> devices,
    ServingSettings serving,
    MetricsSettings metrics,
    ClusterSettings cluster,
    ProfileSettings profiles) {

  public Settings {
    devices = List.copyOf(devices);
  }

  /** The first device. */
  public DeviceSettings device() {
    return devices.getFirst();
  }

  /** The same elsewhere, or with other models. */
  public Settings with(HttpSettings otherHttp, ModelSettings otherModels) {
    return new Settings(otherHttp, otherModels, devices, serving, metrics, cluster, profiles);
  }

  /**
   * The folder of the installation, as the launcher gives it; the working directory without one.
   */
  public static Path home() {
    return Path.of(System.getProperty("slinfer.home", "")).toAbsolutePath();
  }

  /**
   * Where what was measured on this machine is kept: {@code SLINFER_STATE}, else {@code slinfer} in
   * the user's state directory.
   */
  public static Path stateDirectory() {
    String own = System.getenv("SLINFER_STATE");
    if (own != null && !own.isBlank()) {
      return Path.of(own).toAbsolutePath();
    }
    String users = System.getenv("XDG_STATE_HOME");
    Path states =
        users == null || users.isBlank()
            ? Path.of(System.getProperty("user.home"), ".local", "state")
            : Path.of(users);
    return states.resolve("slinfer");
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
    return Yaml.read(file, root -> of(root, file.toString(), file.toAbsolutePath().getParent()));
  }

  static Settings parse(String file, String text, Path folder) {
    return Yaml.parse(file, text, root -> of(root, file, folder));
  }

  private static Settings of(Section root, String file, Path folder) {
    Settings settings =
        new Settings(
            HttpSettings.read(root.section("http"), folder),
            ModelSettings.read(root.section("models"), folder),
            devices(file, root),
            ServingSettings.read(root.section("serving")),
            MetricsSettings.read(root.section("metrics")),
            ClusterSettings.read(root.section("cluster")),
            ProfileSettings.read(root.section("profiles"), folder));
    if (!settings.models().emulated().isEmpty() && !settings.device().emulated()) {
      throw new SettingsException(file + ": models.emulated: needs devices with engine: emulated");
    }
    return settings;
  }

  private static List<DeviceSettings> devices(String file, Section root) {
    Map<String, List<DeviceSettings>> byKey =
        root.sections(
            "devices",
            (key, section) -> {
              if (!DeviceSettings.isId(key)) {
                throw new SettingsException(
                    file
                        + ": devices."
                        + key
                        + ": unknown device; allowed: cpu, gpu, cpu:N, gpu:N");
              }
              return DeviceSettings.read(key, section);
            });
    List<DeviceSettings> devices = byKey.values().stream().flatMap(List::stream).toList();
    if (devices.isEmpty()) {
      return DeviceSettings.read("cpu", new Section(file, "devices.cpu", null));
    }
    long emulated = devices.stream().filter(DeviceSettings::emulated).count();
    if (emulated != 0 && emulated != devices.size()) {
      throw new SettingsException(
          file
              + ": devices: all are emulated or none is, so that a made-up token is never taken"
              + " for a real one");
    }
    Set<DeviceId> ids = new HashSet<>();
    Set<Integer> gpus = new HashSet<>();
    for (DeviceSettings device : devices) {
      if (!ids.add(device.id())) {
        throw new SettingsException(file + ": devices: " + device.id() + " is there twice");
      }
      if (device.realGpu() && !gpus.add(device.gpuNumber())) {
        throw new SettingsException(
            file + ": devices: " + device.id() + " is a GPU that is there already");
      }
    }
    return devices;
  }
}
