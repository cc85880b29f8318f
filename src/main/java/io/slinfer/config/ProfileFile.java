package io.slinfer.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.cost.LatencyProfile;
import io.slinfer.cost.ModelShape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A latency profile as it stands in {@code conf/profiles/*.yaml}.
 *
 * @param devices latency by device profile name, such as {@code a100-80gb}
 */
public record ProfileFile(
    String model,
    @JsonProperty("weights-gib") double weightsGib,
    @JsonProperty("kv-kib-per-token") long kvKibPerToken,
    int layers,
    Map<String, DeviceLatency> devices) {

  /**
   * Measured points of one device.
   *
   * @param prefillMillis pairs of prompt tokens and milliseconds
   */
  public record DeviceLatency(
      @JsonProperty("exclusive-batch-limit") int exclusiveBatchLimit,
      @JsonProperty("half-share-batch-limit") int halfShareBatchLimit,
      @JsonProperty("prefill-ms") double[][] prefillMillis,
      @JsonProperty("decode-ms") List<DecodeRow> decodeMillis) {}

  /**
   * Decode iterations at one mean length.
   *
   * @param batches pairs of batch size and milliseconds
   */
  public record DecodeRow(double tokens, double[][] batches) {}

  /** Reads a file; a wrong key or value is named in the message. */
  public static ProfileFile read(Path file) throws IOException {
    return Yaml.read(file, ProfileFile.class);
  }

  /** Reads a profile of the installation by its name, such as {@code llama-2-7b}. */
  public static ProfileFile named(String name) throws IOException {
    return read(Settings.home().resolve("conf").resolve("profiles").resolve(name + ".yaml"));
  }

  /** Bytes and layers of the model. */
  public ModelShape shape() {
    return new ModelShape(Math.round(weightsGib * (1L << 30)), kvKibPerToken << 10, layers);
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
