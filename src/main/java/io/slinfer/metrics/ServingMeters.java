package io.slinfer.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.slinfer.request.ModelId;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** All meters of a node. Safe for any thread; closing ends the collectors. */
public final class ServingMeters implements AutoCloseable {

  private static final int MOST_RETRIES = 3;

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Map<ModelId, ModelMeters> models = new ConcurrentHashMap<>();
  private final Map<String, DeviceMeters> devices = new ConcurrentHashMap<>();
  private final Map<String, Counter> refusals = new ConcurrentHashMap<>();
  private final Map<Integer, Counter> retries = new ConcurrentHashMap<>();
  private final JvmGcMetrics garbageCollection = new JvmGcMetrics();
  private final boolean vllmNames;
  private final Counter slowClients;
  private final Map<Remote, Counter> remote = new EnumMap<>(Remote.class);

  /**
   * @param vllmNames also show what vLLM has under vLLM's names
   */
  public ServingMeters(boolean vllmNames) {
    this(vllmNames, false);
  }

  /**
   * @param vllmNames also show what vLLM has under vLLM's names
   * @param emulated whether the node's tokens are made up; then every meter says so
   */
  public ServingMeters(boolean vllmNames, boolean emulated) {
    this.vllmNames = vllmNames;
    if (emulated) {
      registry.config().commonTags("emulated", "true");
    }
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    garbageCollection.bindTo(registry);
    slowClients =
        Counter.builder(MeterNames.PREFIX + "slow_clients_cut")
            .description("Streams cut off because their reader was too slow")
            .register(registry);
    for (Remote what : Remote.values()) {
      remote.put(
          what,
          Counter.builder(MeterNames.PREFIX + "remote_requests")
              .description("Requests to other nodes' devices, by what became of them")
              .tag("what", what.name().toLowerCase(Locale.ROOT))
              .register(registry));
    }
  }

  /** Where other libraries may register meters of their own. */
  public MeterRegistry registry() {
    return registry;
  }

  /** The meters of one model. */
  public ModelMeters of(ModelId model) {
    return models.computeIfAbsent(model, id -> new ModelMeters(registry, id));
  }

  /** The meters of one device. */
  public DeviceMeters ofDevice(String device, long capacityBytes) {
    return devices.computeIfAbsent(device, id -> new DeviceMeters(registry, id, capacityBytes));
  }

  /**
   * A request of a caller with a key ended.
   *
   * @param outcome met or missed, if it was served; else refused
   */
  public void judgedForCaller(String caller, String outcome) {
    registry
        .counter(
            MeterNames.PREFIX + "caller_slo_requests",
            List.of(Tag.of("caller", caller), Tag.of("outcome", outcome)))
        .increment();
  }

  /**
   * A device serves from now on.
   *
   * @param engine its engine's kind
   * @param emulated whether its tokens are made up
   */
  public void device(String device, String engine, boolean emulated) {
    Gauge.builder(MeterNames.PREFIX + "device_emulated", () -> emulated ? 1 : 0)
        .description("1 if the device's tokens are made up, 0 if they are computed")
        .tag("device", device)
        .tag("engine", engine)
        .strongReference(true)
        .register(registry);
  }

  /** A request was refused or failed. */
  public void refused(String reason) {
    refusals
        .computeIfAbsent(
            reason,
            word ->
                Counter.builder(MeterNames.PREFIX + "request_rejections")
                    .description("Requests refused or failed, by reason")
                    .tag("reason", word)
                    .register(registry))
        .increment();
  }

  /**
   * A client sends a request again.
   *
   * @param count for which time, from 1
   */
  public void retried(int count) {
    retries
        .computeIfAbsent(
            Math.min(count, MOST_RETRIES),
            many ->
                Counter.builder(MeterNames.PREFIX + "client_retries")
                    .description("Requests that a client sent again and how often before")
                    .tag("retry", many == MOST_RETRIES ? many + "+" : many.toString())
                    .register(registry))
        .increment();
  }

  /** What became of a request that another node's devices were asked to serve. */
  public enum Remote {
    ASKED,
    REFUSED,
    LOST
  }

  /** Something happened with a request that another node's devices were asked to serve. */
  public void remote(Remote what) {
    remote.get(what).increment();
  }

  /** A stream's reader was too slow. */
  public void slowClientCut() {
    slowClients.increment();
  }

  /** The text of /metrics, in Prometheus' format. */
  public String text() {
    String text = registry.scrape();
    return vllmNames ? VllmNames.addTo(text) : text;
  }

  @Override
  public void close() {
    garbageCollection.close();
    registry.close();
  }
}
