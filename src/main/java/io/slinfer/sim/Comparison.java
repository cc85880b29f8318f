package io.slinfer.sim;

import io.slinfer.plot.GanttChart;
import io.slinfer.plot.HtmlReport;
import io.slinfer.plot.LineChart;
import io.slinfer.plot.Series;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Several runs side by side: policies, and numbers of models.
 *
 * @param runs in the order in which they are shown
 */
public record Comparison(String title, List<Run> runs) {

  /**
   * One run.
   *
   * @param recording what was kept for drawing; null for a run that is only a row and a point
   */
  public record Run(String policy, int models, Report report, Recording recording) {}

  private static final List<String> HEADER =
      List.of(
          "policy",
          "models",
          "requests",
          "served",
          "SLO met",
          "strict",
          "TTFT p50 s",
          "TTFT p95 s",
          "TPOT p50 s",
          "TPOT p95 s",
          "CPUs used",
          "GPUs used",
          "cold starts");

  public Comparison {
    runs = List.copyOf(runs);
  }

  /** The table as text, columns aligned. */
  public String table() {
    List<List<String>> rows = new ArrayList<>(List.of(HEADER));
    rows.addAll(rows());
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      for (int column = 0; column < row.size(); column++) {
        int width = 0;
        for (List<String> other : rows) {
          width = Math.max(width, other.get(column).length());
        }
        String cell = row.get(column);
        text.append(column == 0 ? cell : "  ").append(" ".repeat(width - cell.length()));
        text.append(column == 0 ? "" : cell);
      }
      text.append('\n');
    }
    return text.toString();
  }

  /** Everything drawn, as one HTML page. */
  public String html() {
    HtmlReport report = new HtmlReport(title);
    report.paragraph(
        "SLO met: answered, first token within max(prompt/512, 0.5) s plus the load time of a cold"
            + " start, mean time per output token below 0.25 s. Strict: no grace for cold starts.");
    report.heading("Policies").table(HEADER, rows());
    if (runs.stream().map(Run::models).distinct().count() > 1) {
      report.chart(attainment());
    }
    report.chart(distribution("Time to first token", Recording::firstTokenSeconds, true));
    report.chart(distribution("Time per output token", Recording::perTokenSeconds, false));
    for (Run run : runs) {
      if (run.recording() != null) {
        report.chart(memory(run));
        report.chart(
            new GanttChart(
                "Steps in three seconds, " + run.policy(), "seconds", run.recording().steps()));
      }
    }
    return report.html();
  }

  private List<List<String>> rows() {
    return runs.stream().map(run -> row(run, run.report())).toList();
  }

  private static List<String> row(Run run, Report report) {
    return List.of(
        run.policy(),
        String.valueOf(run.models()),
        String.valueOf(report.requests()),
        String.valueOf(report.served()),
        String.format(Locale.ROOT, "%d (%.1f %%)", report.sloMet(), 100 * report.sloRate()),
        String.valueOf(report.sloMetStrict()),
        decimals(report.ttftP50()),
        decimals(report.ttftP95()),
        decimals(report.tpotP50()),
        decimals(report.tpotP95()),
        decimals(report.cpuDevicesUsed()),
        decimals(report.gpuDevicesUsed()),
        String.valueOf(report.coldStarts()));
  }

  private LineChart attainment() {
    Map<String, List<Run>> byPolicy = new TreeMap<>();
    for (Run run : runs) {
      byPolicy.computeIfAbsent(run.policy(), policy -> new ArrayList<>()).add(run);
    }
    List<Series> series = new ArrayList<>();
    byPolicy.forEach(
        (policy, points) ->
            series.add(
                Series.line(
                    policy,
                    points.stream().mapToDouble(Run::models).toArray(),
                    points.stream().mapToDouble(run -> run.report().sloRate()).toArray())));
    return new LineChart("SLO attainment", "models", "share of requests", false, series);
  }

  private LineChart distribution(
      String name, Function<Recording, List<Double>> samples, boolean logarithmic) {
    List<Series> series = new ArrayList<>();
    for (Run run : runs) {
      if (run.recording() != null) {
        double[] values = array(samples.apply(run.recording()));
        series.add(Series.cumulativeShare(run.policy() + ", " + run.models(), values));
      }
    }
    return new LineChart(name, "seconds", "share of served requests", logarithmic, series);
  }

  private static LineChart memory(Run run) {
    List<Series> series = new ArrayList<>();
    for (Recording.Memory device : run.recording().memory()) {
      double[] gib = device.actual().stream().mapToDouble(bytes -> bytes / (1L << 30)).toArray();
      series.add(new Series(device.device(), array(device.seconds()), gib, true));
    }
    return new LineChart(
        "Memory held, " + run.policy() + ", " + run.models() + " models",
        "seconds",
        "GiB",
        false,
        series);
  }

  private static double[] array(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static String decimals(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }
}
