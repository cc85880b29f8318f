package io.slinfer.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The page that says how fast the CPU engine is beside llama.cpp, made of the rounds measured. */
final class PeerPage {

  /** Types whose floors are promised; others are shown without one. */
  private static final Set<String> PROMISED = Set.of("Q8_0", "Q4_0", "Q4_K_M");

  private PeerPage() {}

  /** Where a page's rounds are kept: beside it, as comma-separated values. */
  static Path tableOf(Path page) {
    return page.resolveSibling(page.getFileName().toString().replaceAll("\\.md$", ".csv"));
  }

  /** One row: medians, least and most of both sides, and of the rounds' own ratios. */
  static String line(String weights, PeerTest test, List<PeerRounds.Round> rounds) {
    double ratio = median(numbers(rounds, PeerRounds.Round::ratio));
    boolean promised = PROMISED.contains(weights);
    return String.format(
        Locale.ROOT,
        "| %s | %s | %d | %s | %s | %s | %s | %s | %s |%n",
        weights,
        test.title,
        rounds.size(),
        summary(numbers(rounds, PeerRounds.Round::ours), "%.1f"),
        summary(numbers(rounds, PeerRounds.Round::theirs), "%.1f"),
        summary(numbers(rounds, PeerRounds.Round::ratio), "%.2f"),
        promised ? String.format(Locale.ROOT, "%.1f", test.floor) : "-",
        promised ? (ratio >= test.floor ? "yes" : "no") : "-",
        distinct(rounds, PeerRounds.Round::commit));
  }

  static String of(PeerRounds table, String threads) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (String weights : table.weights()) {
      for (PeerTest test : PeerTest.values()) {
        List<PeerRounds.Round> rounds = table.of(weights, test);
        if (!rounds.isEmpty()) {
          lines.append(line(weights, test, rounds));
        }
      }
    }
    return """
        # The CPU engine against llama.cpp

        Written by `scripts/bench-peers DIR MODELS ROUNDS [TYPES]`, DIR with llama.cpp's llama-bench and llama-batched-bench in it;
        every round is in [cpu-vs-llama.cpp.csv](cpu-vs-llama.cpp.csv). Each round runs both engines one after the other, in turns, each
        after waiting up to a minute for other programs to leave the processors alone; the file has been read once before. Remarks on
        these rounds, and figures of another machine: [cpu-more.md](cpu-more.md).

        * Machine: %s, %s processors of a virtual machine. Date: %s. llama.cpp build: %s.
        * Files: the shape of a 1.1 B llama (dim 2048, 22 layers, 32/4 heads, feed-forward 5632, vocabulary 32000) with random weights
          (`scripts/make-model --shape 1.1b --seed 1`). Both engines read the same file with %s threads, KV in F16.
        * Tokens a second: median (least-most) of the rounds. The ratio is the median (least-most) of the rounds' own ratios. The
          column "reached" holds the median against the floor that is promised.

        | weights | test | rounds | slinfer | llama.cpp | ratio | floor | reached | commit |
        |---|---|---|---|---|---|---|---|---|
        %s
        ## The command of each test

        | test | slinfer bench --repetitions 1 --threads %s | llama.cpp, -t %s |
        |---|---|---|
        %s"""
        .formatted(
            processor(),
            threads,
            distinct(table.rounds(), PeerRounds.Round::date),
            distinct(table.rounds(), PeerRounds.Round::peerBuild),
            threads,
            lines,
            threads,
            threads,
            commands());
  }

  private static String commands() {
    StringBuilder lines = new StringBuilder();
    for (PeerTest test : PeerTest.values()) {
      lines.append(
          "| %s | `%s` | `%s %s` |%n"
              .formatted(
                  test.title,
                  String.join(" ", test.ours()),
                  test == PeerTest.BATCH_16 ? "llama-batched-bench" : "llama-bench -r 1",
                  String.join(" ", test.theirs())));
    }
    return lines.toString();
  }

  private static List<Double> numbers(
      List<PeerRounds.Round> rounds, Function<PeerRounds.Round, Double> number) {
    return rounds.stream().map(number).sorted().toList();
  }

  private static String distinct(
      List<PeerRounds.Round> rounds, Function<PeerRounds.Round, String> text) {
    return rounds.stream()
        .map(text)
        .filter(one -> !one.isEmpty())
        .distinct()
        .collect(Collectors.joining(", "));
  }

  private static double median(List<Double> sorted) {
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  private static String summary(List<Double> sorted, String format) {
    return String.format(
        Locale.ROOT,
        format + " (" + format + "-" + format + ")",
        median(sorted),
        sorted.getFirst(),
        sorted.getLast());
  }

  private static String processor() throws IOException {
    String model = "unknown";
    String numbers = "";
    for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
      String value = line.substring(line.indexOf(':') + 1).strip();
      if (line.startsWith("model name")) {
        model = value;
        break;
      }
      if (line.startsWith("cpu family") || line.startsWith("model")) {
        numbers += (numbers.isEmpty() ? "family " : ", model ") + value;
      }
    }
    return numbers.isEmpty() ? model : model + " (" + numbers + ")";
  }
}
