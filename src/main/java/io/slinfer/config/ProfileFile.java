package io.slinfer.config;

import io.slinfer.cost.InstanceCosts;
import io.slinfer.cost.LatencyProfile;
import io.slinfer.cost.MeasuredSteps;
import io.slinfer.cost.ModelShape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A latency profile as it stands in {@code conf/profiles/*.yaml}.
 *
 * @param devices latency by device profile name, such as {@code a100-80gb}
 */
public record ProfileFile(
    String model,
    double weightsGib,
    double kvKibPerToken,
    int layers,
    Map<String, DeviceLatency> devices) {

  /**
   * Measured points of one device.
   *
   * @param prefillMillis pairs of prompt tokens and milliseconds
   */
  public record DeviceLatency(
      int exclusiveBatchLimit,
      int halfShareBatchLimit,
      double[][] prefillMillis,
      List<DecodeRow> decodeMillis) {

    private static final double TPOT_MILLIS = 250;

    /** What was measured; not empty. */
    public static DeviceLatency of(MeasuredSteps steps) {
      List<double[]> longest = steps.decodes().getLast().batches();
      return new DeviceLatency(
          limit(longest, TPOT_MILLIS),
          limit(longest, TPOT_MILLIS / 2),
          steps.prefills().toArray(double[][]::new),
          steps.decodes().stream()
              .map(row -> new DecodeRow(row.tokens(), row.batches().toArray(double[][]::new)))
              .toList());
    }

    /** The largest measured batch that keeps to the limit; at least 1. */
    private static int limit(List<double[]> batches, double millis) {
      int most = 1;
      for (double[] batch : batches) {
        if (batch[1] <= millis) {
          most = (int) batch[0];
        }
      }
      return most;
    }
  }

  /**
   * Decode iterations at one mean length.
   *
   * @param batches pairs of batch size and milliseconds
   */
  public record DecodeRow(double tokens, double[][] batches) {}

  /**
   * Reads a file.
   *
   * @throws SettingsException naming the file, the key, the value and what is allowed
   */
  public static ProfileFile read(Path file) {
    return Yaml.read(file, ProfileFile::of);
  }

  private static ProfileFile of(Section root) {
    return new ProfileFile(
        root.requiredText("model"),
        root.number("weights-gib", 0, 0, 1e6),
        root.number("kv-kib-per-token", 0, 0, 1e9),
        root.integer("layers", 0, 0, 100_000),
        root.sections("devices", (name, device) -> latency(device)));
  }

  private static DeviceLatency latency(Section device) {
    List<DecodeRow> rows =
        device.list(
            "decode-ms",
            row -> new DecodeRow(row.number("tokens", 0, 0, 1e9), row.pairs("batches")));
    if (rows.isEmpty()) {
      throw device.bad("decode-ms", "missing", "a list of at least one row of decode times");
    }
    DeviceLatency latency =
        new DeviceLatency(
            device.integer("exclusive-batch-limit", 0, 0, 1_000_000),
            device.integer("half-share-batch-limit", 0, 0, 1_000_000),
            device.pairs("prefill-ms"),
            rows);
    device.end();
    return latency;
  }

  /** Reads a profile of the installation by its name, such as {@code llama-2-7b}. */
  public static ProfileFile named(String name) {
    return read(Settings.home().resolve("conf").resolve("profiles").resolve(name + ".yaml"));
  }

  /** The same with one more device, or with other figures for it. */
  public ProfileFile with(String device, DeviceLatency latency) {
    Map<String, DeviceLatency> all = new LinkedHashMap<>(devices);
    all.put(device, latency);
    return new ProfileFile(model, weightsGib, kvKibPerToken, layers, all);
  }

  /**
   * Writes it, so that a reader sees the old file or the new one.
   *
   * @param comment lines that say where the figures come from
   */
  public void write(Path file, List<String> comment) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    Files.createDirectories(folder);
    Path fresh = Files.createTempFile(folder, "profile", ".tmp");
    Files.writeString(fresh, ProfileText.of(this, comment));
    Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Bytes and layers of the model. */
  public ModelShape shape() {
    return new ModelShape(
        Math.round(weightsGib * (1L << 30)), Math.round(kvKibPerToken * 1_024), layers);
  }

  /**
   * What the model costs on a device.
   *
   * @param device a key of {@code devices}
   * @param safety factor on every prediction
   */
  public InstanceCosts costs(String device, double safety) {
    DeviceLatency latency = devices.get(device);
    if (latency == null) {
      throw new IllegalArgumentException(
          "profile " + model + " has no device " + device + "; it has: " + devices.keySet());
    }
    List<LatencyProfile.DecodeRow> rows =
        latency.decodeMillis().stream()
            .map(row -> new LatencyProfile.DecodeRow(row.tokens(), curve(row.batches())))
            .toList();
    return new InstanceCosts(
        shape(),
        new LatencyProfile(curve(latency.prefillMillis()), rows),
        safety,
        latency.exclusiveBatchLimit(),
        latency.halfShareBatchLimit());
  }

  private static LatencyProfile.Curve curve(double[][] points) {
    double[] x = new double[points.length];
    double[] y = new double[points.length];
    for (int i = 0; i < points.length; i++) {
      x[i] = points[i][0];
      y[i] = points[i][1] * 1e6;
    }
    return new LatencyProfile.Curve(x, y);
  }
}
