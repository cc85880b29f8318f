package io.slinfer.load;

import io.slinfer.plot.HtmlReport;
import io.slinfer.plot.LineChart;
import io.slinfer.plot.Series;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Draws a run as one HTML page: the figures, a table by model, and latency distributions. */
public final class LoadReport {

  private LoadReport() {}

  /** The page. */
  public static String html(LoadSummary summary, String target) {
    Map<String, Object> figures = summary.figures();
    HtmlReport report = new HtmlReport("Load test of " + target);
    report.paragraph(
        "TPOT = (last token - first token) / (tokens - 1); ITL = each gap; goodput = completed calls"
            + " that kept every limit, a second. Times count from the planned sending.");
    List<List<String>> rows = new ArrayList<>();
    figures.forEach(
        (name, value) -> {
          if (value instanceof Number number) {
            rows.add(List.of(name, shown(number)));
          }
        });
    report.heading("Figures").table(List.of("figure", "value"), rows);
    report
        .heading("Models")
        .table(
            List.of(
                "model", "requests", "SLO met", "median TTFT ms", "p99 TTFT ms", "median TPOT ms"),
            models(figures));
    report.chart(chart(summary, "Time to first token", CallRecord::timeToFirstTokenSeconds));
    report.chart(chart(summary, "Time per output token", CallRecord::timePerOutputTokenSeconds));
    report.chart(LoadTimeline.rates(summary));
    report.chart(LoadTimeline.inFlight(summary));
    return report.html();
  }

  private static List<List<String>> models(Map<String, Object> figures) {
    List<List<String>> rows = new ArrayList<>();
    ((Map<?, ?>) figures.get("models"))
        .forEach(
            (model, row) -> {
              Map<?, ?> cells = (Map<?, ?>) row;
              rows.add(
                  List.of(
                      model.toString(),
                      cells.get("requests").toString(),
                      cells.get("slo_met").toString(),
                      shown((Number) cells.get("median_ttft_ms")),
                      shown((Number) cells.get("p99_ttft_ms")),
                      shown((Number) cells.get("median_tpot_ms"))));
            });
    return rows;
  }

  private static LineChart chart(
      LoadSummary summary, String title, ToDoubleFunction<CallRecord> value) {
    List<Series> series = new ArrayList<>();
    for (boolean cold : new boolean[] {false, true}) {
      double[] samples =
          summary.records().stream()
              .filter(record -> record.coldStart() == cold)
              .mapToDouble(value)
              .filter(sample -> !Double.isNaN(sample))
              .toArray();
      if (samples.length > 0) {
        series.add(Series.cumulativeShare(cold ? "cold" : "warm", samples));
      }
    }
    return new LineChart(title, "seconds", "share of calls", true, series);
  }

  private static String shown(Number number) {
    return number instanceof Double value
        ? String.format(Locale.ROOT, "%.3f", value)
        : number.toString();
  }
}
