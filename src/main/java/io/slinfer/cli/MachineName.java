package io.slinfer.cli;

import io.slinfer.engine.gpu.GpuProperties;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** This machine's processor and kernels as a word for file names and profile keys. */
final class MachineName {

  private MachineName() {}

  /**
   * Such as {@code amd-epyc-26-2-native-kernels-avx512-bf16-2-threads}: the processor, its family
   * and model, the kernels.
   *
   * @param kernels as the engine describes them
   */
  static String of(String kernels) {
    List<String> words = new ArrayList<>();
    for (String key : List.of("model name", "cpu family", "model")) {
      fact(key).ifPresent(words::add);
    }
    if (words.isEmpty()) {
      words.add(System.getProperty("os.arch"));
    }
    words.add(kernels);
    return slug(String.join(" ", words));
  }

  /** Such as {@code nvidia-h200}. */
  static String of(GpuProperties gpu) {
    return slug(gpu.name());
  }

  /** A line of the first processor in /proc/cpuinfo; empty if this is not such a Linux. */
  private static Optional<String> fact(String key) {
    try {
      return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
          .filter(line -> line.matches(key + "\\s*:.*"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst();
    } catch (IOException notLinux) {
      return Optional.empty();
    }
  }

  private static String slug(String text) {
    return text.toLowerCase(Locale.ROOT)
        .replaceAll("\\((r|tm)\\)|@.*?ghz|\\bcpu\\b|\\bprocessor\\b", "")
        .strip()
        .replaceAll("[^a-z0-9]+", "-");
  }
}
