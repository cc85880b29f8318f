package io.slinfer.config;

import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.DeviceSpec;
import io.slinfer.cost.MemoryTimes;
import io.slinfer.request.DeviceId;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A cluster to plan for, as it stands in {@code conf/clusters/*.yaml}.
 *
 * @param model names the latency profile of all models: {@code ../profiles/MODEL.yaml}
 */
public record ClusterFile(String name, String model, List<Devices> devices, Times times) {

  /** Bound on sizes, rates and seconds: beyond any machine. */
  private static final double MOST = 1e6;

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
      double capacityGib,
      int slots,
      int kvBlockTokens,
      double kvGibPerInstance,
      int decodeQuota) {

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
      double loadFixedSeconds,
      double linkGbPerSecond,
      double resizeSecondsPerLayer,
      double copyGbPerSecond,
      double unloadSeconds,
      double evictSeconds,
      double pausedKvGib) {}

  /**
   * Reads a file.
   *
   * @throws SettingsException naming the file, the key, the value and what is allowed
   */
  public static ClusterFile read(Path file) {
    return Yaml.read(file, ClusterFile::of);
  }

  private static ClusterFile of(Section root) {
    List<Devices> devices = root.list("devices", ClusterFile::devices);
    if (devices.isEmpty()) {
      throw root.bad("devices", "missing", "a list of at least one group of devices");
    }
    Section times = root.section("times");
    ClusterFile cluster =
        new ClusterFile(
            root.requiredText("name"), root.requiredText("model"), devices, times(times));
    times.end();
    return cluster;
  }

  private static Devices devices(Section group) {
    return new Devices(
        group.word("kind", "", List.of("gpu", "cpu")),
        group.requiredText("profile"),
        group.integer("count", 1, 0, 100_000),
        group.number("capacity-gib", 0, 0, MOST),
        group.integer("slots", 0, 0, 1_000_000),
        group.integer("kv-block-tokens", 0, 0, 1_000_000),
        group.number("kv-gib-per-instance", 0, 0, MOST),
        group.integer("decode-quota", 0, 0, 1_000_000));
  }

  private static Times times(Section times) {
    return new Times(
        times.number("load-fixed-seconds", 0, 0, MOST),
        times.number("link-gb-per-second", 0, 0, MOST),
        times.number("resize-seconds-per-layer", 0, 0, MOST),
        times.number("copy-gb-per-second", 0, 0, MOST),
        times.number("unload-seconds", 0, 0, MOST),
        times.number("evict-seconds", 0, 0, MOST),
        times.number("paused-kv-gib", 0, 0, MOST));
  }

  /** The latency profile that the cluster file {@code file} names, beside it. */
  public ProfileFile profile(Path file) {
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
