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
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Many models on one machine: our server, our server with the exclusive policy, and llama.cpp's
 * router, each under the same replay, at several arrival rates in turn; {@code
 * scripts/bench-sharing}. Each run adds a line to a table, from which {@link SharingPage} is made.
 */
public final class SharingComparison {

  private static final double BUDGET_SHARE = 0.3;
  private static final int LENGTH_DIVISOR = 8;
  private static final int CONTEXT_TOKENS = 2_048;
  private static final int WARM_UP_SECONDS = 15;
  private static final int START_SECONDS = 60;

  /** A call without an answer so long after the last arrival has missed its promise anyway. */
  private static final int PATIENCE_SECONDS = 20;

  private static final String ALL = "SLINFER,EXCLUSIVE,ROUTER";

  private final Path llamaServer;
  private final Path trace;
  private final Path models;
  private final int seconds;
  private final List<Path> files;
  private final long budgetBytes;
  private final Path work;
  private final HttpClient http = HttpClient.newHttpClient();

  /** What is compared. */
  enum System {
    SLINFER("slinfer"),
    EXCLUSIVE("slinfer, `exclusive`"),
    ROUTER("llama.cpp router");

    private final String title;

    System(String title) {
      this.title = title;
    }

    String title() {
      return title;
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

  /**
   * Arguments: llama-server, trace, models, seconds, rates, rounds, folder of the results, and
   * which systems if not all.
   */
  public static void main(String[] args) throws Exception {
    SharingComparison comparison = new SharingComparison(args);
    Path table = Path.of(args[6], "sharing.csv");
    String[] systems = (args.length > 7 ? args[7] : ALL).split(",");
    for (int round = 0; round < Integer.parseInt(args[5]); round++) {
      for (String rate : args[4].split(",")) {
        comparison.round(rate, systems, table);
      }
    }
    SharingPage page = SharingPage.read(table);
    Files.write(Path.of(args[6], "sharing.md"), page.lines(comparison.files.size()));
    page.rows().forEach(java.lang.System.out::println);
  }

  /** All systems once, one after the other; another begins each time. */
  private void round(String rate, String[] systems, Path table) throws Exception {
    if (!Files.exists(table)) {
      Files.writeString(table, SharingPage.HEADER + "\n");
    }
    int before = Files.readAllLines(table).size();
    for (int i = 0; i < systems.length; i++) {
      System system = System.valueOf(systems[(before / systems.length + i) % systems.length]);
      JsonNode json = measure(system, rate);
      String row = SharingPage.row(system, rate, seconds, budgetBytes, json);
      java.lang.System.out.println(row);
      Files.writeString(table, row + "\n", StandardOpenOption.APPEND);
    }
  }

  /** Kernels may take back what was not used for a while: it is read again, in large pieces. */
  private void readFiles() throws Exception {
    List<String> command = new ArrayList<>(List.of("sh", "-c", "cat \"$@\" >/dev/null", "sh"));
    files.forEach(file -> command.add(file.toString()));
    if (new ProcessBuilder(command).inheritIO().start().waitFor() != 0) {
      throw new IOException("the models could not be read");
    }
  }

  private JsonNode measure(System system, String rate) throws Exception {
    readFiles();
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
      return load(server, port, rate);
    } finally {
      server.destroy();
      if (!server.waitFor(30, TimeUnit.SECONDS)) {
        server.destroyForcibly().waitFor();
      }
    }
  }

  private List<String> command(System system, int port) throws IOException {
    if (system == System.ROUTER) {
      // As many models of mean size as fit the budget, rounded up; its KV is not counted.
      long most = Math.ceilDiv(Math.round(files.size() * BUDGET_SHARE * 100), 100);
      return List.of(
          llamaServer.toString(),
          "--models-dir",
          models.toString(),
          "--models-max",
          Long.toString(most),
          "--host",
          "127.0.0.1",
          "--port",
          Integer.toString(port),
          "-t",
          Integer.toString(Runtime.getRuntime().availableProcessors()),
          "--no-warmup",
          "-np",
          "4",
          "-c",
          Integer.toString(2 * CONTEXT_TOKENS));
    }
    String policy = system == System.EXCLUSIVE ? "exclusive" : "slinfer";
    Path settings = work.resolve(policy + ".yaml");
    Files.writeString(
        settings,
        """
        models: {directories: [%s], max-context-tokens: %d}
        devices: {cpu: {memory: %d MiB}}
        serving: {policy: %s, cold-start-grace: 0 s}
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

  /** The router waits for its answers when it is asked to end, however long they take. */
  private static void endAll(Process server) {
    List<ProcessHandle> children = server.descendants().toList();
    server.destroyForcibly();
    children.forEach(ProcessHandle::destroyForcibly);
  }

  private JsonNode load(Process server, int port, String rate) throws Exception {
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
                "--whole-trace",
                "--length-divisor",
                Integer.toString(LENGTH_DIVISOR),
                "--rate",
                rate,
                "--duration",
                Integer.toString(WARM_UP_SECONDS + seconds),
                "--warm-up",
                Integer.toString(WARM_UP_SECONDS),
                "--json")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    CompletableFuture<Void> cut =
        CompletableFuture.runAsync(
            () -> endAll(server),
            CompletableFuture.delayedExecutor(
                WARM_UP_SECONDS + seconds + PATIENCE_SECONDS, TimeUnit.SECONDS));
    String json =
        new String(client.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    cut.cancel(false);
    if (client.waitFor() != 0) {
      throw new IOException("the load test failed");
    }
    return new ObjectMapper().readTree(json);
  }
}
