package io.slinfer.bench;

import java.util.Map;
import java.util.TreeMap;

/** Figures out of Prometheus text, over all labels. */
final class MetricsLines {

  private MetricsLines() {}

  static double sum(String text, String name) {
    return text.lines()
        .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
        .mapToDouble(MetricsLines::value)
        .sum();
  }

  /** The upper end of the bucket that holds this part of all that was counted; NaN if nothing. */
  static double percentile(String text, String name, double part) {
    Map<Double, Double> counts = new TreeMap<>();
    text.lines()
        .filter(line -> line.startsWith(name + "_bucket"))
        .forEach(line -> counts.merge(bound(line), value(line), Double::sum));
    double all = counts.getOrDefault(Double.POSITIVE_INFINITY, 0.0);
    for (Map.Entry<Double, Double> bucket : counts.entrySet()) {
      if (all > 0 && bucket.getValue() >= part * all) {
        return bucket.getKey();
      }
    }
    return Double.NaN;
  }

  private static double bound(String line) {
    int start = line.indexOf("le=\"") + 4;
    String bound = line.substring(start, line.indexOf('"', start));
    return bound.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(bound);
  }

  private static double value(String line) {
    return Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
  }
}
