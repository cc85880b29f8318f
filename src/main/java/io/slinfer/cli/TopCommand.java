package io.slinfer.cli;

import io.slinfer.load.MetricsText;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code slinfer top}: a live view of a server's devices and models, from its /metrics. */
@Command(
    name = "top",
    description = "Shows a server's devices and models, and what they do, once a second.",
    mixinStandardHelpOptions = true)
final class TopCommand implements Callable<Integer> {

  private static final double LEAST_SECONDS = 0.1;
  private static final String CLEAR = "\033[H\033[2J";

  @Spec private CommandSpec spec;

  @Option(
      names = "--url",
      defaultValue = "http://127.0.0.1:8080",
      description = "The server (default: ${DEFAULT-VALUE}).")
  private URI url;

  @Option(
      names = "--interval",
      defaultValue = "1",
      description = "Seconds between two looks (default: ${DEFAULT-VALUE}).")
  private double seconds;

  @Option(names = "--api-key", description = "To see devices where the server asks for a key.")
  private String apiKey;

  @Option(names = "--looks", defaultValue = "0", description = "Ends after so many; 0: never.")
  private int looks;

  @Override
  public Integer call() throws Exception {
    if (!"http".equals(url.getScheme()) && !"https".equals(url.getScheme())) {
      throw new IllegalArgumentException("--url is " + url + "; allowed: http:// or https://");
    }
    if (!(seconds >= LEAST_SECONDS)) {
      throw new IllegalArgumentException(
          "--interval is " + seconds + "; allowed: " + LEAST_SECONDS + " or more");
    }
    if (looks < 0) {
      throw new IllegalArgumentException("--looks is " + looks + "; allowed: 0 or more");
    }
    PrintWriter out = spec.commandLine().getOut();
    boolean terminal = System.console() != null && System.console().isTerminal();
    MetricsText before = null;
    long beforeNanos = 0;
    for (int look = 0; looks == 0 || look < looks; look++) {
      if (look > 0) {
        TimeUnit.MILLISECONDS.sleep(Math.round(seconds * 1_000));
      }
      MetricsText now = MetricsText.parse(read("/metrics").orElseThrow(this::noMetrics));
      String devices = read("/v1/devices").map(TopCommand::devices).orElse("");
      long nowNanos = System.nanoTime();
      double passed = before == null ? Double.NaN : (nowNanos - beforeNanos) / 1e9;
      out.print(terminal ? CLEAR : "");
      out.print(page(devices, now, before == null ? now : before, passed));
      out.flush();
      before = now;
      beforeNanos = nowNanos;
    }
    return 0;
  }

  private IOException noMetrics() {
    return new IOException(url + " does not tell its metrics");
  }

  /** What a path answers; empty if the server will not say. */
  private Optional<String> read(String path) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(url.resolve(path)).timeout(Duration.ofSeconds(10));
    if (apiKey != null) {
      request.header("authorization", "Bearer " + apiKey);
    }
    try (HttpClient http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build()) {
      HttpResponse<String> answer =
          http.send(request.build(), HttpResponse.BodyHandlers.ofString());
      return answer.statusCode() == 200 ? Optional.of(answer.body()) : Optional.empty();
    } catch (ConnectException refused) {
      throw new IOException("no server at " + url, refused);
    }
  }

  /** A line for each device of {@code /v1/devices}, and one for each of its instances. */
  static String devices(String json) {
    StringBuilder lines = new StringBuilder();
    JsonObject answer = new JsonObject(json);
    for (Object entry : answer.getJsonArray("data")) {
      JsonObject device = (JsonObject) entry;
      lines.append(String.format("%s  %s%n", device.getString("id"), device.getString("detail")));
      for (Object part : device.getJsonArray("instances")) {
        JsonObject instance = (JsonObject) part;
        lines.append(
            String.format(
                Locale.ROOT,
                "  %-30s %-8s running %d, waiting %d, weights %d MiB, KV %d of %d MiB%n",
                instance.getString("model"),
                instance.getString("state"),
                instance.getInteger("running"),
                instance.getInteger("waiting"),
                instance.getLong("weight_bytes") >> 20,
                instance.getLong("kv_used_bytes") >> 20,
                instance.getLong("kv_held_bytes") >> 20));
      }
    }
    return lines.toString();
  }

  /**
   * The text of one look; rates are over {@code seconds} since {@code before}, if that is known.
   *
   * @param devices as {@link #devices}; empty where the server does not tell them
   */
  static String page(String devices, MetricsText now, MetricsText before, double seconds) {
    StringBuilder page = new StringBuilder(devices);
    if (devices.isEmpty()) {
      now.byLabel("slinfer_device_emulated", "device")
          .forEach(
              (device, emulated) ->
                  page.append(device).append(emulated > 0 ? " (emulated)  " : "  "));
      page.append("what they hold is not told without a key (--api-key)");
    }
    page.append(
        String.format(
            Locale.ROOT,
            "%nCPU %.0f %%  refused %.0f  disconnects slow %.0f%n%n",
            100 * now.sum("process_cpu_usage"),
            now.sum("slinfer_request_rejections_total"),
            now.sum("slinfer_slow_clients_cut_total")));
    page.append(
        String.format(
            Locale.ROOT,
            "%-32s %7s %7s %6s %9s %9s %9s %9s%n",
            "model",
            "running",
            "waiting",
            "KV %",
            "tokens/s",
            "served",
            "TTFT ms",
            "TPOT ms"));
    Map<String, Double> models =
        new TreeMap<>(now.byLabel("slinfer_num_requests_running", "model_name"));
    for (String model : models.keySet()) {
      page.append(
          row(model, now.where("model_name", model), before.where("model_name", model), seconds));
    }
    return page.toString();
  }

  private static String row(String model, MetricsText now, MetricsText before, double seconds) {
    double tokens =
        now.sum("slinfer_generation_tokens_total") - before.sum("slinfer_generation_tokens_total");
    return String.format(
        Locale.ROOT,
        "%-32s %7.0f %7.0f %6.1f %9.1f %9.0f %9.1f %9.1f%n",
        model,
        now.sum("slinfer_num_requests_running"),
        now.sum("slinfer_num_requests_waiting"),
        100 * now.sum("slinfer_kv_cache_usage_perc"),
        Double.isNaN(seconds) ? 0 : tokens / seconds,
        now.sum("slinfer_request_success_total"),
        1e3 * now.mean("slinfer_time_to_first_token_seconds"),
        1e3 * now.mean("slinfer_inter_token_latency_seconds"));
  }
}
