package io.slinfer.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Many models on one machine: our server, our server with the exclusive policy, and llama.cpp's
 * router, each under the same replay, at several arrival rates in turn; {@code
 * scripts/bench-sharing}.
 */
public final class SharingComparison {

  private static final double BUDGET_SHARE = 0.3;
  private static final int LENGTH_DIVISOR = 8;
  private static final int CONTEXT_TOKENS = 2_048;
  private static final int START_SECONDS = 60;

  private final Path llamaServer;
  private final Path trace;
  private final Path models;
  private final int seconds;
  private final List<Path> files;
  private final long budgetBytes;
  private final Path work;
  private final HttpClient http = HttpClient.newHttpClient();

  /** What is compared. */
  private enum System {
    SLINFER("slinfer"),
    EXCLUSIVE("slinfer, `exclusive`"),
    ROUTER("llama.cpp router");

    private final String title;

    System(String title) {
      this.title = title;
    }
  }

  private SharingComparison(String[] args) throws IOException {
    llamaServer = Path.of(args[0]);
    trace = Path.of(args[1]);
    models = Path.of(args[2]);
    seconds = Integer.parseInt(args[3]);
    try (Stream<Path> all = Files.list(models)) {
      files = all.filter(file -> file.toString().endsWith(".gguf")).sorted().toList();
    }
    if (files.isEmpty()) {
      throw new IOException("no model in " + models + "; run scripts/make-sharing-models");
    }
    long weightBytes = 0;
    for (Path file : files) {
      weightBytes += Files.size(file);
    }
    budgetBytes = Math.round(weightBytes * BUDGET_SHARE);
    work = Files.createDirectories(Path.of("target", "sharing"));
  }

  public static void main(String[] args) throws Exception {
    SharingComparison comparison = new SharingComparison(args);
    List<String> lines = comparison.run(args[4].split(","));
    lines.forEach(java.lang.System.out::println);
    Files.write(Path.of(args[5]), lines);
  }

  private List<String> run(String[] rates) throws Exception {
    List<String> lines = new ArrayList<>();
    lines.add("# " + files.size() + " models share one machine");
    lines.add("");
    lines.add(
        String.format(
            Locale.ROOT,
            "`scripts/bench-sharing`: %d models, %d MiB of weights, budget %d MiB (30 %%) for each system"
                + " (the router holds as many models as fit it on average); conversation trace, lengths"
                + " divided by %d, %d s of arrivals at each rate; %d processors, shared by client and"
                + " server. A refused or failed call is a miss.",
            files.size(),
            Math.round(budgetBytes / BUDGET_SHARE) >> 20,
            budgetBytes >> 20,
            LENGTH_DIVISOR,
            seconds,
            Runtime.getRuntime().availableProcessors()));
    lines.add("");
    lines.add(
        "| requests a second | system | requests | SLO met | share | refused | failed | median TTFT ms"
            + " | p99 TTFT ms | median TPOT ms |");
    lines.add("|---|---|---|---|---|---|---|---|---|---|");
    for (int i = 0; i < rates.length; i++) {
      Map<System, JsonNode> results = new EnumMap<>(System.class);
      for (int j = 0; j < System.values().length; j++) {
        System system = System.values()[(i + j) % System.values().length];
        results.put(system, measure(system, rates[i]));
      }
      for (Map.Entry<System, JsonNode> result : results.entrySet()) {
        lines.add(row(rates[i], result.getKey(), result.getValue()));
      }
    }
    return lines;
  }

  private static String row(String rate, System system, JsonNode json) {
    return String.format(
        Locale.ROOT,
        "| %s | %s | %d | **%d** | %.1f %% | %d | %d | %.0f | %.0f | %.0f |",
        rate,
        system.title,
        json.path("num_prompts").asInt(),
        json.path("slo_met").asInt(),
        100 * json.path("slo_rate").asDouble(),
        json.path("refused").asInt(),
        json.path("failed").asInt() - json.path("refused").asInt(),
        json.path("median_ttft_ms").asDouble(),
        json.path("p99_ttft_ms").asDouble(),
        json.path("median_tpot_ms").asDouble());
  }

  private JsonNode measure(System system, String rate) throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    Path log = work.resolve(system.name().toLowerCase(Locale.ROOT) + "-" + rate + ".log");
    Process server =
        new ProcessBuilder(command(system, port))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      await(server, port, log);
      return load(port, rate);
    } finally {
      server.destroy();
      if (!server.waitFor(30, TimeUnit.SECONDS)) {
        server.destroyForcibly().waitFor();
      }
    }
  }

  private List<String> command(System system, int port) throws IOException {
    if (system == System.ROUTER) {
      long meanBytes = Math.round(budgetBytes / BUDGET_SHARE) / files.size();
      return List.of(
          llamaServer.toString(),
          "--models-dir",
          models.toString(),
          "--models-max",
          Long.toString(Math.max(1, budgetBytes / meanBytes)),
          "--host",
          "127.0.0.1",
          "--port",
          Integer.toString(port),
          "-t",
          Integer.toString(Runtime.getRuntime().availableProcessors()),
          "-np",
          "8",
          "-c",
          Integer.toString(8 * CONTEXT_TOKENS));
    }
    String policy = system == System.EXCLUSIVE ? "exclusive" : "slinfer";
    Path settings = work.resolve(policy + ".yaml");
    Files.writeString(
        settings,
        """
        models: {directories: [%s], max-context-tokens: %d}
        devices: {cpu: {memory: %d MiB}}
        serving: {policy: %s}
        """
            .formatted(models.toAbsolutePath(), CONTEXT_TOKENS, budgetBytes >> 20, policy));
    return List.of(
        "scripts/slinfer",
        "serve",
        "--config",
        settings.toString(),
        "--port",
        Integer.toString(port));
  }

  private void await(Process server, int port, Path log) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/models"))
            .timeout(Duration.ofSeconds(2))
            .build();
    long deadline = java.lang.System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (java.lang.System.nanoTime() - deadline < 0 && server.isAlive()) {
      try {
        if (http.send(request, HttpResponse.BodyHandlers.ofString()).statusCode() == 200) {
          return;
        }
      } catch (IOException notYet) {
        TimeUnit.MILLISECONDS.sleep(100);
      }
    }
    throw new IOException("no server after " + START_SECONDS + " s; see " + log);
  }

  private JsonNode load(int port, String rate) throws Exception {
    List<String> names =
        files.stream()
            .map(file -> file.getFileName().toString().replaceFirst("\\.gguf$", ""))
            .toList();
    Process client =
        new ProcessBuilder(
                "scripts/slinfer",
                "loadtest",
                "--url",
                "http://127.0.0.1:" + port,
                "--models",
                String.join(",", names),
                "--trace",
                trace.toString(),
                "--length-divisor",
                Integer.toString(LENGTH_DIVISOR),
                "--rate",
                rate,
                "--duration",
                Integer.toString(seconds),
                "--json")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String json =
        new String(client.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    if (client.waitFor() != 0) {
      throw new IOException("the load test failed");
    }
    return new ObjectMapper().readTree(json);
  }
}
