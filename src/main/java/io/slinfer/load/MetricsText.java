package io.slinfer.load;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a server's /metrics said, in Prometheus' text format. Immutable.
 *
 * @param samples in the order of the text
 */
public record MetricsText(List<Sample> samples) {

  private static final Pattern LINE =
      Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(.*)\\})? +(\\S+).*");
  private static final Pattern LABEL =
      Pattern.compile("([a-zA-Z_]\\w*)=\"((?:[^\"\\\\]|\\\\.)*)\"");

  /** One line. */
  public record Sample(String name, Map<String, String> labels, double value) {}

  public MetricsText {
    samples = List.copyOf(samples);
  }

  /** Reads a text; lines that are no samples are passed over. */
  public static MetricsText parse(String text) {
    List<Sample> samples = new ArrayList<>();
    for (String line : text.split("\n")) {
      Matcher matcher = LINE.matcher(line);
      if (line.startsWith("#") || !matcher.matches()) {
        continue;
      }
      Map<String, String> labels = new LinkedHashMap<>();
      Matcher label = LABEL.matcher(matcher.group(2) == null ? "" : matcher.group(2));
      while (label.find()) {
        labels.put(label.group(1), label.group(2));
      }
      samples.add(new Sample(matcher.group(1), labels, number(matcher.group(3))));
    }
    return new MetricsText(samples);
  }

  /** The samples with this label. */
  public MetricsText where(String label, String value) {
    return new MetricsText(
        samples.stream().filter(sample -> value.equals(sample.labels.get(label))).toList());
  }

  /** The sum of all samples of a name; 0 if there is none. */
  public double sum(String name) {
    return samples.stream()
        .filter(sample -> sample.name.equals(name))
        .mapToDouble(Sample::value)
        .sum();
  }

  /** The mean of a histogram or summary; 0 if it is empty. */
  public double mean(String name) {
    double count = sum(name + "_count");
    return count == 0 ? 0 : sum(name + "_sum") / count;
  }

  /** The samples of a name, summed by a label's value. */
  public Map<String, Double> byLabel(String name, String label) {
    Map<String, Double> sums = new LinkedHashMap<>();
    for (Sample sample : samples) {
      if (sample.name.equals(name) && sample.labels.containsKey(label)) {
        sums.merge(sample.labels.get(label), sample.value, Double::sum);
      }
    }
    return sums;
  }

  private static double number(String text) {
    return switch (text) {
      case "+Inf" -> Double.POSITIVE_INFINITY;
      case "-Inf" -> Double.NEGATIVE_INFINITY;
      case "NaN" -> Double.NaN;
      default -> Double.parseDouble(text);
    };
  }
}
