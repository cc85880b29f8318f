package io.slinfer.cli;

import io.slinfer.engine.gpu.GpuProperties;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** This machine's processor as a word for file names and profile keys. */
final class MachineName {

  private MachineName() {}

  /**
   * Such as {@code amd-epyc-9575f-2t}.
   *
   * @param threads that an engine computes with
   */
  static String of(int threads) {
    String model = System.getProperty("os.arch");
    try {
      for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
        if (line.startsWith("model name")) {
          model = line.substring(line.indexOf(':') + 1);
          break;
        }
      }
    } catch (IOException notLinux) {
      return slug(model, threads);
    }
    return slug(model, threads);
  }

  /** Such as {@code nvidia-h200}. */
  static String of(GpuProperties gpu) {
    return slug(gpu.name());
  }

  private static String slug(String model, int threads) {
    return slug(model) + "-" + threads + "t";
  }

  private static String slug(String model) {
    return model
        .toLowerCase(Locale.ROOT)
        .replaceAll("\\((r|tm)\\)|@.*|\\bcpu\\b|\\bprocessor\\b", "")
        .strip()
        .replaceAll("[^a-z0-9]+", "-");
  }
}
