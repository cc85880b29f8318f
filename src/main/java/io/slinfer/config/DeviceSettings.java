package io.slinfer.config;

import io.slinfer.cost.DeviceKind;
import io.slinfer.request.DeviceId;
import java.util.List;
import java.util.regex.Pattern;

/**
 * One device and how it is shared.
 *
 * @param engine of a CPU: {@code auto} (native kernels, else plain Java, and says which), {@code
 *     cpu} (native kernels or nothing) or {@code java}; of a GPU: {@code gpu} (that GPU or nothing)
 *     or {@code auto} (goes on without it, and says so); of either: {@code emulated}
 * @param threads kernel threads; 0 means one for each processor
 * @param memoryBytes budget for weights, KV and scratch of all models; 0 means what the machine can
 *     spare at start
 * @param prefillChunkTokens prompt tokens in one step, at most
 * @param maxBatch sequences in one step, at most
 * @param maxWaiting requests that may wait for their first step; more are refused (429)
 * @param emulation what an emulated device stands for; null for a real one
 */
public record DeviceSettings(
    DeviceId id,
    String engine,
    int threads,
    long memoryBytes,
    int prefillChunkTokens,
    int maxBatch,
    int maxWaiting,
    EmulationSettings emulation) {

  private static final Pattern ID = Pattern.compile("(cpu|gpu)(:[0-9]{1,4})?");

  /** Whether its engine computes nothing. */
  public boolean emulated() {
    return emulation != null;
  }

  /** The devices under one key: one, or {@code count} emulated ones. */
  static List<DeviceSettings> read(String key, Section section) {
    DeviceKind kind = key.startsWith("gpu") ? DeviceKind.GPU : DeviceKind.CPU;
    boolean gpu = kind == DeviceKind.GPU;
    String engine =
        section.word(
            "engine",
            gpu ? "gpu" : "auto",
            gpu ? List.of("gpu", "auto", "emulated") : List.of("auto", "cpu", "java", "emulated"));
    boolean emulated = engine.equals("emulated");
    if (!emulated && !gpu && !key.equals("cpu")) {
      throw section.bad(
          "engine", engine, "emulated; of CPUs only the device cpu has a real engine");
    }
    int threads = section.integer("threads", 0, 0, 1_024);
    int chunkTokens = section.integer("prefill-chunk-tokens", gpu ? 1_024 : 256, 16, 1 << 16);
    int maxBatch = section.integer("max-batch", 64, 1, 4_096);
    int maxWaiting = section.integer("max-waiting", 1_024, 1, 1 << 20);
    int count = emulated ? section.integer("count", 0, 1, 1_000) : 0;
    EmulationSettings emulation = emulated ? EmulationSettings.read(kind, section) : null;
    long memoryBytes =
        emulated
            ? emulation.memoryBytes()
            : section.isAuto("memory") ? 0 : section.bytes("memory", 0, 1 << 20);
    section.end();
    return EmulationSettings.ids(key, count).stream()
        .map(
            id ->
                new DeviceSettings(
                    new DeviceId(id),
                    engine,
                    threads,
                    memoryBytes,
                    chunkTokens,
                    maxBatch,
                    maxWaiting,
                    emulation))
        .toList();
  }

  /** Whether it is a GPU of this machine. */
  public boolean realGpu() {
    return !emulated() && id.value().startsWith("gpu");
  }

  /** Which GPU it is, as the driver counts them; {@code gpu} is the first. */
  public int gpuNumber() {
    int colon = id.value().indexOf(':');
    return colon < 0 ? 0 : Integer.parseInt(id.value().substring(colon + 1));
  }

  /** Whether a key can name devices. */
  static boolean isId(String key) {
    return ID.matcher(key).matches();
  }
}
