package io.slinfer.load;

import java.util.Arrays;
import java.util.stream.DoubleStream;

/**
 * Mean, spread and percentiles of samples; NaN samples are left out, and all figures of no samples
 * are 0.
 */
final class Distribution {

  private final double[] sorted;

  Distribution(DoubleStream samples) {
    sorted = samples.filter(sample -> !Double.isNaN(sample)).sorted().toArray();
  }

  int count() {
    return sorted.length;
  }

  double mean() {
    return Arrays.stream(sorted).average().orElse(0);
  }

  double standardDeviation() {
    double mean = mean();
    return Math.sqrt(Arrays.stream(sorted).map(x -> (x - mean) * (x - mean)).average().orElse(0));
  }

  /** The value at a share of the samples, linear between neighbours. */
  double percentile(double percent) {
    if (sorted.length == 0) {
      return 0;
    }
    double rank = percent / 100 * (sorted.length - 1);
    int low = (int) rank;
    int high = Math.min(low + 1, sorted.length - 1);
    return sorted[low] + (rank - low) * (sorted[high] - sorted[low]);
  }
}
