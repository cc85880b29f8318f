package io.slinfer.config;

import io.slinfer.config.ProfileFile.DecodeRow;
import io.slinfer.config.ProfileFile.DeviceLatency;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A latency profile as people write it: one line a curve. */
final class ProfileText {

  private ProfileText() {}

  static String of(ProfileFile profile, List<String> comment) {
    StringBuilder text = new StringBuilder();
    comment.forEach(line -> text.append("# ").append(line).append('\n'));
    text.append("model: ").append(profile.model()).append('\n');
    text.append("weights-gib: ").append(number(profile.weightsGib())).append('\n');
    text.append("kv-kib-per-token: ").append(number(profile.kvKibPerToken())).append('\n');
    text.append("layers: ").append(profile.layers()).append('\n');
    text.append("devices:\n");
    profile.devices().forEach((name, latency) -> device(text, name, latency));
    return text.toString();
  }

  private static void device(StringBuilder text, String name, DeviceLatency latency) {
    text.append("  ").append(name).append(":\n");
    line(text, "exclusive-batch-limit", Integer.toString(latency.exclusiveBatchLimit()));
    line(text, "half-share-batch-limit", Integer.toString(latency.halfShareBatchLimit()));
    line(text, "prefill-ms", points(latency.prefillMillis()));
    text.append("    decode-ms:\n");
    for (DecodeRow row : latency.decodeMillis()) {
      text.append("      - {tokens: ")
          .append(number(row.tokens()))
          .append(", batches: ")
          .append(points(row.batches()))
          .append("}\n");
    }
  }

  private static void line(StringBuilder text, String key, String value) {
    text.append("    ").append(key).append(": ").append(value).append('\n');
  }

  private static String points(double[][] points) {
    return Arrays.stream(points)
        .map(point -> "[" + number(point[0]) + ", " + number(point[1]) + "]")
        .collect(Collectors.joining(", ", "[", "]"));
  }

  private static String number(double value) {
    String text = String.format(Locale.ROOT, "%.6f", value);
    return text.replaceFirst("\\.?0+$", "");
  }
}
