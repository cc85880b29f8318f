package io.slinfer.config;

import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.MemoryTimes;
import java.util.List;

/**
 * What a device with {@code engine: emulated} stands for.
 *
 * @param profile key of the device in latency profiles, such as {@code a100-80gb}
 * @param model the latency profile of models that have none of their own, such as {@code
 *     llama-2-7b}: {@code conf/profiles/MODEL.yaml}
 * @param speed how many times as fast as the profile; infinite with {@code delay: 0}
 * @param memoryBytes for weights and KV
 */
public record EmulationSettings(
    DeviceKind kind,
    String profile,
    String model,
    double speed,
    long memoryBytes,
    MemoryTimes times) {

  /** Mapping pages for a KV slab, by layer; it moves no data. */
  private static final long RESIZE_PER_LAYER_NANOS = 10_000;

  private static final long UNLOAD_NANOS = 1_000_000;

  static EmulationSettings read(DeviceKind kind, Section section) {
    double speed = section.number("speed", 1, 1e-6, 1e6);
    boolean timeless = section.integer("delay", 1, 0, 1) == 0;
    return new EmulationSettings(
        kind,
        section.text("profile", kind == DeviceKind.GPU ? "a100-80gb" : "xeon-32c-amx"),
        section.text("model", "llama-2-7b"),
        timeless ? Double.POSITIVE_INFINITY : speed,
        section.bytes("memory", 72L << 30, 1 << 20),
        new MemoryTimes(
            section.millis("load-fixed", 250, 0) * 1_000_000,
            section.number("load-gb-per-second", 18, 1e-3, 1e6),
            RESIZE_PER_LAYER_NANOS,
            600,
            UNLOAD_NANOS,
            UNLOAD_NANOS,
            0));
  }

  /** Devices by their key: {@code gpu} with {@code count: 4} is gpu:0 to gpu:3. */
  static List<String> ids(String key, int count) {
    return count == 0
        ? List.of(key)
        : java.util.stream.IntStream.range(0, count).mapToObj(i -> key + ":" + i).toList();
  }
}
