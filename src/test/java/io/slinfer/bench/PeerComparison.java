package io.slinfer.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Compares {@code slinfer bench} with llama-bench and llama-batched-bench on the same files with
 * the same number of threads, turn by turn; keeps every round in a table and writes a page from it.
 * Run by scripts/bench-peers.
 */
public final class PeerComparison {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int TIMEOUT_MINUTES = 20;

  private final Path peers;
  private final Path models;
  private final String threads = Integer.toString(Runtime.getRuntime().availableProcessors());
  private String peerBuild = "";

  private PeerComparison(Path peers, Path models) {
    this.peers = peers;
    this.models = models;
  }

  /**
   * Arguments: folder of the peers' programs, folder of the models, rounds, page to write, types of
   * weights to measure now. The rounds of other types stay as they are in the table beside the
   * page.
   */
  public static void main(String[] arguments) throws Exception {
    PeerComparison comparison = new PeerComparison(Path.of(arguments[0]), Path.of(arguments[1]));
    int rounds = Integer.parseInt(arguments[2]);
    Path page = Path.of(arguments[3]);
    PeerRounds table = PeerRounds.read(PeerPage.tableOf(page));
    for (String wanted : Arrays.copyOfRange(arguments, 4, arguments.length)) {
      String[] parts = wanted.split(":", 2);
      String type = parts[0];
      for (PeerTest test :
          parts.length == 1 ? PeerTest.values() : new PeerTest[] {PeerTest.valueOf(parts[1])}) {
        List<PeerRounds.Round> measured = comparison.measure(type, test, rounds);
        table = table.with(measured);
        table.write(PeerPage.tableOf(page));
        Files.writeString(page, PeerPage.of(table, comparison.threads));
        System.out.print(PeerPage.line(type, test, measured));
      }
    }
  }

  private List<PeerRounds.Round> measure(String type, PeerTest test, int rounds) throws Exception {
    Path model = models.resolve("1.1b-" + type + ".gguf");
    String commit = run(List.of("git", "rev-parse", "--short", "HEAD")).strip();
    List<PeerRounds.Round> measured = new ArrayList<>();
    // Whoever goes first would also wait for the disk.
    try (InputStream file = Files.newInputStream(model)) {
      file.transferTo(OutputStream.nullOutputStream());
    }
    for (int round = 1; round <= rounds; round++) {
      // Whoever goes first meets the machine as the other left it: take turns.
      double ours = round % 2 == 1 ? ours(model, test) : 0;
      double theirs = theirs(model, test);
      if (round % 2 == 0) {
        ours = ours(model, test);
      }
      String date = LocalDate.now(ZoneOffset.UTC).toString();
      measured.add(new PeerRounds.Round(type, test, round, ours, theirs, commit, peerBuild, date));
    }
    return measured;
  }

  private double ours(Path model, PeerTest test) throws Exception {
    awaitIdle();
    List<String> command = new ArrayList<>(List.of("scripts/slinfer", "bench", "--json"));
    command.addAll(List.of("--model", model.toString(), "--threads", threads));
    command.addAll(List.of("--repetitions", "1"));
    command.addAll(List.of(test.ours()));
    return JSON.readTree(run(command)).get("rows").get(0).get("tokens_per_second").asDouble();
  }

  private double theirs(Path model, PeerTest test) throws Exception {
    awaitIdle();
    boolean batched = test == PeerTest.BATCH_16;
    String program = peers.resolve(batched ? "llama-batched-bench" : "llama-bench").toString();
    List<String> command = new ArrayList<>(List.of(program, "-m", model.toString()));
    command.addAll(List.of("-t", threads));
    command.addAll(
        batched ? List.of("--output-format", "jsonl") : List.of("-r", "1", "-o", "json"));
    command.addAll(List.of(test.theirs()));
    String output = run(command);
    if (!batched) {
      JsonNode result = JSON.readTree(output).get(0);
      peerBuild = result.get("build_commit").asText();
      return result.get("avg_ts").asDouble();
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
}
