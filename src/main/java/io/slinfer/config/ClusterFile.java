package io.slinfer.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.DeviceSpec;
import io.slinfer.cost.MemoryTimes;
import io.slinfer.request.DeviceId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A cluster to plan for, as it stands in {@code conf/clusters/*.yaml}.
 *
 * @param model names the latency profile of all models: {@code ../profiles/MODEL.yaml}
 */
public record ClusterFile(String name, String model, List<Devices> devices, Times times) {

  /**
   * A number of equal devices.
   *
   * @param kind {@code gpu} or {@code cpu}
   * @param profile key in the latency profile
   */
  public record Devices(
      String kind,
      String profile,
      int count,
      @JsonProperty("capacity-gib") double capacityGib,
      int slots,
      @JsonProperty("kv-block-tokens") int kvBlockTokens,
      @JsonProperty("kv-gib-per-instance") double kvGibPerInstance,
      @JsonProperty("decode-quota") int decodeQuota) {

    /** Which kind of device. */
    public DeviceKind deviceKind() {
      return switch (kind) {
        case "gpu" -> DeviceKind.GPU;
        case "cpu" -> DeviceKind.CPU;
        default -> throw new IllegalArgumentException("kind is " + kind + "; allowed: gpu, cpu");
      };
    }
  }

  /** Durations of memory work. */
  public record Times(
      @JsonProperty("load-fixed-seconds") double loadFixedSeconds,
      @JsonProperty("link-gb-per-second") double linkGbPerSecond,
      @JsonProperty("resize-seconds-per-layer") double resizeSecondsPerLayer,
      @JsonProperty("copy-gb-per-second") double copyGbPerSecond,
      @JsonProperty("unload-seconds") double unloadSeconds,
      @JsonProperty("evict-seconds") double evictSeconds,
      @JsonProperty("paused-kv-gib") double pausedKvGib) {}

  /** Reads a file; a wrong key or value is named in the message. */
  public static ClusterFile read(Path file) throws IOException {
    return Yaml.read(file, ClusterFile.class);
  }

  /** The latency profile that the cluster file {@code file} names, beside it. */
  public ProfileFile profile(Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    return ProfileFile.read(folder.resolveSibling("profiles").resolve(model + ".yaml"));
  }

  /** The devices, in the order of the file. */
  public List<DeviceSpec> specs() {
    List<DeviceSpec> specs = new ArrayList<>();
    for (Devices group : devices) {
      for (int i = 0; i < group.count(); i++) {
        specs.add(spec(group, group.kind() + ":" + i));
      }
    }
    return specs;
  }

  private static DeviceSpec spec(Devices group, String id) {
    return new DeviceSpec(
        new DeviceId(id),
        group.deviceKind(),
        gib(group.capacityGib()),
        group.slots(),
        group.kvBlockTokens(),
        gib(group.kvGibPerInstance()),
        group.decodeQuota());
  }

  /** Durations of memory work, in the scheduler's units. */
  public MemoryTimes memoryTimes() {
    return new MemoryTimes(
        nanos(times.loadFixedSeconds()),
        times.linkGbPerSecond(),
        nanos(times.resizeSecondsPerLayer()),
        times.copyGbPerSecond(),
        nanos(times.unloadSeconds()),
        nanos(times.evictSeconds()),
        gib(times.pausedKvGib()));
  }

  private static long gib(double value) {
    return Math.round(value * (1L << 30));
  }

  private static long nanos(double seconds) {
    return Math.round(seconds * 1e9);
  }
}
