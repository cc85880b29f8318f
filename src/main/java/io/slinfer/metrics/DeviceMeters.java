package io.slinfer.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** The meters of one device, labelled {@code device}. Safe for any thread. */
public final class DeviceMeters {

  private final MeterRegistry registry;
  private final String device;
  private final long capacityBytes;
  private final DistributionSummary slack;
  private final Counter lateSteps;
  private final Map<String, Timer> memoryWork = new ConcurrentHashMap<>();
  private volatile long promisedBytes;
  private volatile long actualBytes;

  DeviceMeters(MeterRegistry registry, String device, long capacityBytes) {
    this.registry = registry;
    this.device = device;
    this.capacityBytes = capacityBytes;
    slack =
        DistributionSummary.builder(MeterNames.PREFIX + "step_slack_seconds")
            .description("Least slack of the requests of the model that steps, where none is late")
            .tag("device", device)
            .serviceLevelObjectives(Buckets.SLACK_SECONDS)
            .register(registry);
    lateSteps =
        Counter.builder(MeterNames.PREFIX + "steps_late")
            .description("Steps that began when a request of the model was late already")
            .tag("device", device)
            .register(registry);
    ledger("capacity", () -> this.capacityBytes);
    ledger("promised", () -> promisedBytes);
    ledger("actual", () -> actualBytes);
  }

  /** What decisions have given out, and what the device holds. */
  public void ledger(long nowPromisedBytes, long nowActualBytes) {
    promisedBytes = nowPromisedBytes;
    actualBytes = nowActualBytes;
  }

  /** A step begins, with this much time until its first token is late; below 0: it is. */
  public void stepBegins(long slackNanos) {
    if (slackNanos < 0) {
      lateSteps.increment();
    } else {
      slack.record(slackNanos / 1e9);
    }
  }

  /** Memory work was done. */
  public void memoryActed(Enum<?> kind, long nanos) {
    memoryWork
        .computeIfAbsent(
            kind.name().toLowerCase(Locale.ROOT),
            word ->
                Timer.builder(MeterNames.PREFIX + "memory_work")
                    .description("Loads, unloads, growth of KV, and moves to the host and back")
                    .tag("device", device)
                    .tag("kind", word)
                    .serviceLevelObjectives(Buckets.MEMORY_WORK)
                    .register(registry))
        .record(nanos, TimeUnit.NANOSECONDS);
  }

  private void ledger(String account, Supplier<Number> bytes) {
    Gauge.builder(MeterNames.PREFIX + "ledger_bytes", bytes)
        .description("The device's memory: what there is, is promised, and is held")
        .tag("device", device)
        .tag("account", account)
        .strongReference(true)
        .register(registry);
  }
}
