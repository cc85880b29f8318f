package io.slinfer.load;

import io.slinfer.plot.LineChart;
import io.slinfer.plot.Series;
import java.util.List;
import java.util.stream.IntStream;

/** A run by second: what was planned, what came back, what was open. */
final class LoadTimeline {

  private LoadTimeline() {}

  static LineChart rates(LoadSummary summary) {
    int seconds = seconds(summary);
    double[] planned = new double[seconds];
    double[] met = new double[seconds];
    double[] tokens = new double[seconds];
    for (CallRecord record : summary.records()) {
      count(planned, record.call().atNanos());
      if (summary.slo().met(record)) {
        count(met, record.call().atNanos());
      }
      for (long nanos : record.tokenNanos()) {
        count(tokens, nanos);
      }
    }
    return new LineChart(
        "Rates",
        "second",
        "a second",
        false,
        List.of(
            new Series("calls planned", axis(seconds), planned, true),
            new Series("of these served in time", axis(seconds), met, true),
            new Series("tokens received", axis(seconds), tokens, true)));
  }

  static LineChart inFlight(LoadSummary summary) {
    int seconds = seconds(summary);
    double[] open = new double[seconds];
    for (CallRecord record : summary.records()) {
      int last = Math.min(seconds - 1, second(record.endNanos()));
      for (int i = second(record.sentNanos()); i <= last; i++) {
        open[i]++;
      }
    }
    return new LineChart(
        "Calls in flight",
        "second",
        "calls",
        false,
        List.of(new Series("calls open in this second", axis(seconds), open, true)));
  }

  private static int seconds(LoadSummary summary) {
    return (int) Math.ceil(summary.durationSeconds()) + 1;
  }

  private static int second(long nanos) {
    return (int) Math.max(0, nanos / 1_000_000_000);
  }

  private static void count(double[] bySecond, long nanos) {
    int second = second(nanos);
    if (second < bySecond.length) {
      bySecond[second]++;
    }
  }

  private static double[] axis(int seconds) {
    return IntStream.range(0, seconds).asDoubleStream().toArray();
  }
}
