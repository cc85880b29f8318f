package io.slinfer.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Compares {@code slinfer bench} with llama-bench and llama-batched-bench on the same files with
 * the same number of threads, turn by turn, and writes a table. Run by scripts/bench-peers.
 */
public final class PeerComparison {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int TIMEOUT_MINUTES = 20;

  private final Path peers;
  private final Path models;
  private final int rounds;
  private final String threads = Integer.toString(Runtime.getRuntime().availableProcessors());

  private PeerComparison(Path peers, Path models, int rounds) {
    this.peers = peers;
    this.models = models;
    this.rounds = rounds;
  }

  /** A speed that both sides measure; {@code floor} is the ratio that must be reached. */
  private enum Test {
    DECODE("decode, batch 1 (tg64)", 0.9),
    PREFILL("prefill, 512 tokens (pp512)", 0.9),
    BATCH_16("decode, batch 16 at depth 128, all together", 1.2),
    DEPTH_3500("decode, batch 1 at depth 3500", 1.2);

    private final String title;
    private final double floor;

    Test(String title, double floor) {
      this.title = title;
      this.floor = floor;
    }

    String[] ours() {
      return switch (this) {
        case DECODE -> new String[] {"--prompt", "0", "--gen", "64"};
        case PREFILL -> new String[] {"--prompt", "512", "--gen", "0"};
        case BATCH_16 ->
            new String[] {"--prompt", "0", "--gen", "32", "--batch", "16", "--depth", "128"};
        case DEPTH_3500 -> new String[] {"--prompt", "0", "--gen", "32", "--depth", "3500"};
      };
    }

    String[] theirs() {
      return switch (this) {
        case DECODE -> new String[] {"-p", "0", "-n", "64"};
        case PREFILL -> new String[] {"-p", "512", "-n", "0"};
        case BATCH_16 ->
            new String[] {"-npp", "128", "-ntg", "32", "-npl", "16", "-c", "2816", "-b", "2048"};
        case DEPTH_3500 -> new String[] {"-p", "0", "-n", "32", "-d", "3500"};
      };
    }
  }

  /** Tokens a second of both sides, one number a round. */
  private record Speeds(List<Double> ours, List<Double> theirs) {

    double ratio() {
      List<Double> ratios = new ArrayList<>();
      for (int i = 0; i < ours.size(); i++) {
        ratios.add(ours.get(i) / theirs.get(i));
      }
      return median(ratios);
    }
  }

  /** Arguments: folder of the peers' programs, folder of the models, rounds, file to write. */
  public static void main(String[] arguments) throws Exception {
    PeerComparison comparison =
        new PeerComparison(
            Path.of(arguments[0]), Path.of(arguments[1]), Integer.parseInt(arguments[2]));
    StringBuilder table = new StringBuilder();
    for (String type : new String[] {"Q8_0", "Q4_0", "Q4_K_M"}) {
      for (Test test : Test.values()) {
        String line = comparison.line(type, test);
        System.out.print(line);
        table.append(line);
      }
    }
    Path file = Path.of(arguments[3]);
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.writeString(file, comparison.page(table.toString()));
  }

  private String line(String type, Test test) throws Exception {
    Path model = models.resolve("1.1b-" + type + ".gguf");
    Speeds speeds = new Speeds(new ArrayList<>(), new ArrayList<>());
    for (int round = 0; round < rounds; round++) {
      // Whoever goes first meets the machine as the other left it: take turns.
      if (round % 2 == 0) {
        speeds.ours.add(ours(model, test));
        speeds.theirs.add(theirs(model, test));
      } else {
        speeds.theirs.add(theirs(model, test));
        speeds.ours.add(ours(model, test));
      }
    }
    return String.format(
        Locale.ROOT,
        "| %s | %s | %s | %s | %.2f | %.1f | %s |%n",
        type,
        test.title,
        summary(speeds.ours),
        summary(speeds.theirs),
        speeds.ratio(),
        test.floor,
        speeds.ratio() >= test.floor ? "yes" : "no");
  }

  private double ours(Path model, Test test) throws Exception {
    awaitIdle();
    List<String> command = new ArrayList<>(List.of("scripts/slinfer", "bench", "--json"));
    command.addAll(List.of("--model", model.toString(), "--threads", threads));
    command.addAll(List.of("--repetitions", "1"));
    command.addAll(List.of(test.ours()));
    return JSON.readTree(run(command)).get("rows").get(0).get("tokens_per_second").asDouble();
  }

  private double theirs(Path model, Test test) throws Exception {
    awaitIdle();
    boolean batched = test == Test.BATCH_16;
    String program = peers.resolve(batched ? "llama-batched-bench" : "llama-bench").toString();
    List<String> command = new ArrayList<>(List.of(program, "-m", model.toString()));
    command.addAll(List.of("-t", threads));
    command.addAll(
        batched ? List.of("--output-format", "jsonl") : List.of("-r", "1", "-o", "json"));
    command.addAll(List.of(test.theirs()));
    String output = run(command);
    if (!batched) {
      return JSON.readTree(output).get(0).get("avg_ts").asDouble();
    }
    String row =
        output
            .lines()
            .filter(line -> line.startsWith("{"))
            .reduce((first, second) -> second)
            .orElseThrow(() -> new IOException(program + " printed no result"));
    JsonNode fields = JSON.readTree(row);
    return fields.get("speed_tg").asDouble();
  }

  /** Waits, a minute at most, for a second in which other programs use less than a tenth. */
  private static void awaitIdle() throws Exception {
    for (int i = 0; i < 60; i++) {
      long[] before = processorTicks();
      Thread.sleep(1000);
      long[] after = processorTicks();
      if (after[0] - before[0] < (after[1] - before[1]) / 10) {
        return;
      }
    }
  }

  /** Ticks that all processors were busy, and all ticks, since the machine started. */
  private static long[] processorTicks() throws IOException {
    String[] fields = Files.readAllLines(Path.of("/proc/stat")).getFirst().split(" +");
    long all = 0;
    for (int i = 1; i < fields.length; i++) {
      all += Long.parseLong(fields[i]);
    }
    long idle = Long.parseLong(fields[4]) + Long.parseLong(fields[5]);
    return new long[] {all - idle, all};
  }

  private static String run(List<String> command) throws Exception {
    Path errors = Files.createTempFile("peer", ".log");
    Process process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(TIMEOUT_MINUTES, TimeUnit.MINUTES) || process.exitValue() != 0) {
      throw new IOException(String.join(" ", command) + " failed:\n" + Files.readString(errors));
    }
    Files.delete(errors);
    return output;
  }

  private static double median(List<Double> numbers) {
    List<Double> sorted = numbers.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  private static String summary(List<Double> speeds) {
    double least = speeds.stream().min(Double::compare).orElseThrow();
    double most = speeds.stream().max(Double::compare).orElseThrow();
    return String.format(Locale.ROOT, "%.1f (%.1f-%.1f)", median(speeds), least, most);
  }

  private String page(String table) throws Exception {
    Map<String, String> facts =
        Map.of(
            "CPU", processor(),
            "commit", run(List.of("git", "rev-parse", "--short", "HEAD")).strip(),
            "load", Files.readString(Path.of("/proc/loadavg")).strip());
    return """
        # The CPU engine against llama.cpp

        Written by `scripts/bench-peers`. Tokens a second, median of %d rounds (least-most); the ratio is
        the median of the rounds' own ratios. Each round runs both engines one after the other, each after
        waiting up to a minute for other programs to leave the processors alone. The files have the shape
        of a 1.1 B llama and random weights (`scripts/make-model`); both engines read the same file with
        %s threads.

        Machine: %s, %s threads. Date: %s. Commit: %s. Load average at the end: %s.

        | weights | test | slinfer | llama.cpp | ratio | floor | reached |
        |---|---|---|---|---|---|---|
        %s"""
        .formatted(
            rounds,
            threads,
            facts.get("CPU"),
            threads,
            LocalDate.now(ZoneOffset.UTC),
            facts.get("commit"),
            facts.get("load"),
            table);
  }

  private static String processor() throws IOException {
    return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
        .filter(line -> line.startsWith("model name"))
        .map(line -> line.substring(line.indexOf(':') + 2))
        .findFirst()
        .orElse("unknown");
  }
}
