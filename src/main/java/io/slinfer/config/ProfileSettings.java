package io.slinfer.config;

import java.nio.file.Path;

/**
 * What is measured of models, and where it is kept.
 *
 * @param directory of the measured profiles
 * @param firstUseMillis how long the steps of a model that was never measured here are measured for
 *     while the device is idle; 0: not at all
 */
public record ProfileSettings(Path directory, long firstUseMillis) {

  /**
   * @param folder what a relative path is relative to
   */
  static ProfileSettings read(Section section, Path folder) {
    String directory = section.text("directory", "auto");
    ProfileSettings settings =
        new ProfileSettings(
            directory.equals("auto") ? usualDirectory() : folder.resolve(directory).normalize(),
            section.millis("first-use", 10_000, 0));
    section.end();
    return settings;
  }

  /** Where {@code slinfer profile} keeps them: in the user's state directory. */
  public static Path usualDirectory() {
    return Settings.stateDirectory().resolve("profiles");
  }
}
