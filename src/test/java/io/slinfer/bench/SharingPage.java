package io.slinfer.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.slinfer.bench.SharingComparison.System;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * The page of {@link SharingComparison}: for each rate and system the median of its runs, and at
 * the highest rate at which ours keeps 90 % of its promises how many times more it serves.
 *
 * @param runs all runs, in the order of the table
 */
record SharingPage(List<Run> runs) {

  static final String HEADER =
      "system,rate,seconds,budget_mib,requests,slo_met,refused,failed,ttft_p50_ms,ttft_p99_ms,"
          + "tpot_p50_ms,cold";

  /** The part of its promises that a level needs to be the one that counts. */
  private static final double JUDGED_SHARE = 0.9;

  /** One run of one system. */
  record Run(System system, double rate, double[] figures) {

    double seconds() {
      return figures[0];
    }

    double budgetMib() {
      return figures[1];
    }

    double requests() {
      return figures[2];
    }

    double met() {
      return figures[3];
    }
  }

  /** One line of the table. */
  static String row(System system, String rate, int seconds, long budgetBytes, JsonNode json) {
    return String.format(
        Locale.ROOT,
        "%s,%s,%d,%d,%d,%d,%d,%d,%.0f,%.0f,%.1f,%d",
        system,
        rate,
        seconds,
        budgetBytes >> 20,
        json.path("num_prompts").asInt(),
        json.path("slo_met").asInt(),
        json.path("refused").asInt(),
        json.path("failed").asInt() - json.path("refused").asInt(),
        json.path("median_ttft_ms").asDouble(),
        json.path("p99_ttft_ms").asDouble(),
        json.path("median_tpot_ms").asDouble(),
        json.path("cold").path("completed").asInt());
  }

  static SharingPage read(Path table) throws IOException {
    List<Run> runs = new ArrayList<>();
    for (String line : Files.readAllLines(table).subList(1, Files.readAllLines(table).size())) {
      String[] cells = line.split(",");
      double[] figures =
          IntStream.range(2, cells.length).mapToDouble(i -> Double.parseDouble(cells[i])).toArray();
      runs.add(new Run(System.valueOf(cells[0]), Double.parseDouble(cells[1]), figures));
    }
    return new SharingPage(runs);
  }

  List<String> lines(int models) {
    Run first = runs.getFirst();
    List<String> lines = new ArrayList<>();
    lines.add("# " + models + " models share one machine");
    lines.add("");
    lines.add(
        String.format(
            Locale.ROOT,
            "`scripts/bench-sharing`: %d models, budget %.0f MiB (30 %% of their weights) for each"
                + " system; the whole conversation trace, its functions dealt to the models in turn,"
                + " lengths divided by 8, %.0f s of arrivals counted"
                + " after 15 s of warm-up; %d processors, shared by client and server. The router"
                + " may hold as many models of mean size as fit the budget, rounded up, and its"
                + " KV beside that; it starts them without warm-up. Neither of our policies"
                + " gets a grace for cold starts. A refused or failed call is a miss, also one that has no answer 20 s after the last arrival. Medians of the"
                + " runs in [sharing.csv](sharing.csv), in which the systems took turns.",
            models,
            first.budgetMib(),
            first.seconds(),
            Runtime.getRuntime().availableProcessors()));
    lines.add("");
    lines.addAll(rows());
    return lines;
  }

  List<String> rows() {
    List<String> lines = new ArrayList<>();
    lines.add(
        "| requests a second | system | runs | requests | SLO met (least to most) | share | refused"
            + " | failed | median TTFT ms | p99 TTFT ms | median TPOT ms | cold starts |");
    lines.add("|---|---|---|---|---|---|---|---|---|---|---|---|");
    double judged = 0;
    for (double rate : runs.stream().mapToDouble(Run::rate).distinct().sorted().toArray()) {
      for (System system : System.values()) {
        List<Run> some = of(system, rate);
        if (!some.isEmpty()) {
          lines.add(line(system, rate, some));
        }
      }
      if (share(of(System.SLINFER, rate)) >= JUDGED_SHARE) {
        judged = rate;
      }
    }
    lines.add("");
    lines.add(judged == 0 ? "At no rate 90 % of the promises were kept." : verdict(judged));
    return lines;
  }

  private String verdict(double rate) {
    double ours = median(of(System.SLINFER, rate), 3);
    return String.format(
        Locale.ROOT,
        "The highest rate at which `slinfer` keeps 90 %% is %s: there it serves, against"
            + " `exclusive`, %s, against llama.cpp's router %s.",
        rate,
        times(ours, median(of(System.EXCLUSIVE, rate), 3)),
        times(ours, median(of(System.ROUTER, rate), 3)));
  }

  private static String times(double ours, double theirs) {
    if (Double.isNaN(theirs)) {
      return "not measured";
    }
    return theirs == 0
        ? String.format(Locale.ROOT, "%.0f requests in time instead of none", ours)
        : String.format(Locale.ROOT, "%.2f times as many requests in time", ours / theirs);
  }

  private static String line(System system, double rate, List<Run> some) {
    return String.format(
        Locale.ROOT,
        "| %s | %s | %d | %.0f | **%.0f** (%.0f to %.0f) | %.1f %% | %.0f | %.0f | %.0f | %.0f"
            + " | %.1f | %.0f |",
        rate,
        system.title(),
        some.size(),
        median(some, 2),
        median(some, 3),
        some.stream().mapToDouble(Run::met).min().orElseThrow(),
        some.stream().mapToDouble(Run::met).max().orElseThrow(),
        100 * share(some),
        median(some, 4),
        median(some, 5),
        median(some, 6),
        median(some, 7),
        median(some, 8),
        median(some, 9));
  }

  private List<Run> of(System system, double rate) {
    return runs.stream().filter(run -> run.system() == system && run.rate() == rate).toList();
  }

  private static double share(List<Run> some) {
    double requests = some.stream().mapToDouble(Run::requests).sum();
    return requests == 0 ? 0 : some.stream().mapToDouble(Run::met).sum() / requests;
  }

  private static double median(List<Run> some, int figure) {
    double[] sorted = some.stream().mapToDouble(run -> run.figures()[figure]).sorted().toArray();
    int middle = sorted.length / 2;
    if (sorted.length == 0) {
      return Double.NaN;
    }
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
