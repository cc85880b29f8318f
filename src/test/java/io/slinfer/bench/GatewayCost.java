package io.slinfer.bench;

import io.vertx.core.Vertx;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * What the gateway costs when the engine costs nothing: streamed tokens per CPU-second of the whole
 * server process, and the latency that it adds to a token over a bare Vert.x loop. The server is a
 * process of its own ({@link GatewayCostServer}), the client this one.
 *
 * <p>Arguments: the Markdown file to write, seconds of each round, rounds.
 */
public final class GatewayCost {

  private static final int CONNECTIONS = 256;
  private static final int WARM_UP_SECONDS = 8;

  /** Memory that is there already: else the first touch of each page counts as a handler's time. */
  private static final List<String> HEAP = List.of("-Xms1g", "-Xmx1g", "-XX:+AlwaysPreTouch");

  private final Vertx vertx = Vertx.vertx();
  private final Process server;
  private final BufferedReader said;
  private final PrintStream orders;
  private final List<String> lines = new ArrayList<>();

  private GatewayCost() throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(Files.readAllLines(Path.of("conf", "jvm.flags")));
    command.addAll(HEAP);
    command.addAll(List.of("-Dslinfer.home=" + Path.of("").toAbsolutePath(), "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.add(GatewayCostServer.class.getName());
    server = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    said =
        new BufferedReader(new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8));
    orders = new PrintStream(server.getOutputStream(), true, StandardCharsets.UTF_8);
  }

  /** Ports of the gateway and of the bare loop, without delay and paced; of a busier gateway. */
  private record Ports(int timeless, int bareTimeless, int paced, int barePaced, int busy) {}

  /** What readers saw of a server, and the longest that one of its handlers took. */
  private record Round(TokenReaders.Result result, double longestHandlerMillis) {}

  public static void main(String[] args) throws Exception {
    Path out = Path.of(args[0]);
    int seconds = Integer.parseInt(args[1]);
    int rounds = Integer.parseInt(args[2]);
    GatewayCost bench = new GatewayCost();
    try {
      bench.run(seconds, rounds);
      Files.write(out, bench.lines);
    } finally {
      bench.server.destroy();
      bench.vertx.close().await(10, TimeUnit.SECONDS);
    }
  }

  private void run(int seconds, int rounds) throws IOException {
    String[] words = answer().split(" ");
    Ports ports =
        new Ports(
            Integer.parseInt(words[0]),
            Integer.parseInt(words[1]),
            Integer.parseInt(words[2]),
            Integer.parseInt(words[3]),
            Integer.parseInt(words[4]));
    say("# What the gateway costs");
    say("");
    say(
        "`scripts/bench-gateway`: "
            + CONNECTIONS
            + " connections on loopback, every token one event");
    say("of a streamed `/v1/completions`, server and client each a process on the same machine.");
    say("");
    say(
        "The server's heap is there from the start: `SLINFER_JAVA_OPTS=\""
            + String.join(" ", HEAP)
            + "\"`.");
    say("");
    say("Machine: " + machine() + "; commit " + commit() + "; rounds of " + seconds + " s.");
    throughput(ports, seconds, rounds);
    busy(ports, seconds, rounds);
    latency(ports, seconds, rounds);
  }

  private void throughput(Ports ports, int seconds, int rounds) throws IOException {
    TokenReaders.run(vertx, ports.timeless(), CONNECTIONS, WARM_UP_SECONDS);
    TokenReaders.run(vertx, ports.bareTimeless(), CONNECTIONS, WARM_UP_SECONDS / 2);
    say("");
    say("## Throughput, emulated engine with `delay: 0`");
    say("");
    say(
        "The bare Vert.x loop of the last column writes as much as its readers take, and asks again at"
            + " once when they take nothing; how many tokens it told is not in the table.");
    say("");
    say(
        "| round | tokens a second | server CPU-seconds | tokens per CPU-second |"
            + " longest handler, CPU ms | bare loop's longest, CPU ms |");
    say("|---|---|---|---|---|---|");
    double[] perCpuSecond = new double[rounds];
    for (int i = 0; i < rounds; i++) {
      double before = serverCpuSeconds();
      Round ours = watched(ports.timeless(), seconds);
      double cpu = serverCpuSeconds() - before;
      Round bare = watched(ports.bareTimeless(), seconds);
      perCpuSecond[i] = ours.result().tokens() / cpu;
      say(
          "| %d | %,.0f | %.2f | **%,.0f** | %.1f | %.1f |",
          i + 1,
          ours.result().tokens() / ours.result().seconds(),
          cpu,
          perCpuSecond[i],
          ours.longestHandlerMillis(),
          bare.longestHandlerMillis());
    }
    Arrays.sort(perCpuSecond);
    say("");
    say("Median %,.0f tokens per CPU-second of the process.", perCpuSecond[rounds / 2]);
  }

  private void busy(Ports ports, int seconds, int rounds) throws IOException {
    TokenReaders.run(vertx, ports.busy(), CONNECTIONS, WARM_UP_SECONDS / 2);
    say("");
    say("## 200,000 tokens a second asked for");
    say("");
    say("| round | tokens a second | server CPU-seconds | longest handler, CPU ms |");
    say("|---|---|---|---|");
    for (int i = 0; i < rounds; i++) {
      double before = serverCpuSeconds();
      Round ours = watched(ports.busy(), seconds);
      say(
          "| %d | %,.0f | %.2f of %d | %.1f |",
          i + 1,
          ours.result().tokens() / ours.result().seconds(),
          serverCpuSeconds() - before,
          seconds * Runtime.getRuntime().availableProcessors(),
          ours.longestHandlerMillis());
    }
  }

  private Round watched(int port, int seconds) throws IOException {
    order("watch");
    TokenReaders.Result result = TokenReaders.run(vertx, port, CONNECTIONS, seconds);
    return new Round(result, Double.parseDouble(order("watched")));
  }

  private void latency(Ports ports, int seconds, int rounds) throws IOException {
    TokenReaders.run(vertx, ports.paced(), CONNECTIONS, WARM_UP_SECONDS / 2);
    TokenReaders.run(vertx, ports.barePaced(), CONNECTIONS, WARM_UP_SECONDS / 2);
    say("");
    say("## Latency at 20,000 tokens a second");
    say("");
    say(
        "From the moment the engine ends a step to the client's read, against a bare Vert.x loop that");
    say("writes the same events at the same pace, in the same process, in turn.");
    say("");
    say(
        "| round | tokens a second | gateway p50, p99 ms | bare p50, p99 ms | added median ms |"
            + " longest handler, CPU ms | bare loop's longest, CPU ms |");
    say("|---|---|---|---|---|---|---|");
    double[] added = new double[rounds];
    for (int i = 0; i < rounds; i++) {
      Round oursWatched = watched(ports.paced(), seconds);
      Round bareWatched = watched(ports.barePaced(), seconds);
      TokenReaders.Result ours = oursWatched.result();
      TokenReaders.Result bare = bareWatched.result();
      added[i] = ours.latencyMillis(50) - bare.latencyMillis(50);
      say(
          "| %d | %,.0f and %,.0f | %.2f, %.2f | %.2f, %.2f | **%.2f** | %.1f | %.1f |",
          i + 1,
          ours.tokens() / ours.seconds(),
          bare.tokens() / bare.seconds(),
          ours.latencyMillis(50),
          ours.latencyMillis(99),
          bare.latencyMillis(50),
          bare.latencyMillis(99),
          added[i],
          oursWatched.longestHandlerMillis(),
          bareWatched.longestHandlerMillis());
    }
    Arrays.sort(added);
    say("");
    say("Median of the added medians: %.2f ms.", added[rounds / 2]);
  }

  private double serverCpuSeconds() {
    return server.toHandle().info().totalCpuDuration().orElseThrow().toNanos() / 1e9;
  }

  private String order(String word) throws IOException {
    orders.println(word);
    return answer();
  }

  private String answer() throws IOException {
    String line = said.readLine();
    while (line != null && !line.startsWith("> ")) {
      System.err.println(line);
      line = said.readLine();
    }
    if (line == null) {
      throw new IOException("the server has ended");
    }
    return line.substring(2);
  }

  private void say(String format, Object... values) {
    String line = values.length == 0 ? format : String.format(Locale.ROOT, format, values);
    System.out.println(line);
    lines.add(line);
  }

  private static String machine() throws IOException {
    String model =
        Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
            .filter(line -> line.startsWith("model name"))
            .map(line -> line.replaceFirst(".*: ", ""))
            .findFirst()
            .orElse("unknown");
    return Runtime.getRuntime().availableProcessors() + " x " + model;
  }

  private static String commit() throws IOException {
    Process git = new ProcessBuilder("git", "rev-parse", "--short", "HEAD").start();
    return new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
  }
}
