package io.slinfer.config;

import io.slinfer.request.DeviceId;
import java.util.List;

/**
 * One device and how it is shared.
 *
 * @param engine {@code auto} (native kernels, else plain Java, and says which), {@code cpu} (native
 *     kernels or nothing) or {@code java}
 * @param threads kernel threads; 0 means one for each processor
 * @param kvBytes budget of all models' KV blocks; 0 means a quarter of the memory available at
 *     start
 * @param prefillChunkTokens prompt tokens in one step, at most
 * @param maxBatch sequences in one step, at most
 * @param maxWaiting requests that may wait for their first step; more are refused (429)
 */
public record DeviceSettings(
    DeviceId id,
    String engine,
    int threads,
    long kvBytes,
    int prefillChunkTokens,
    int maxBatch,
    int maxWaiting) {

  static DeviceSettings read(String id, Section section) {
    DeviceSettings settings =
        new DeviceSettings(
            new DeviceId(id),
            section.word("engine", "auto", List.of("auto", "cpu", "java")),
            section.integer("threads", 0, 0, 1_024),
            section.isAuto("kv-memory") ? 0 : section.bytes("kv-memory", 0, 1 << 20),
            section.integer("prefill-chunk-tokens", 256, 16, 1 << 16),
            section.integer("max-batch", 64, 1, 4_096),
            section.integer("max-waiting", 1_024, 1, 1 << 20));
    section.end();
    return settings;
  }
}
