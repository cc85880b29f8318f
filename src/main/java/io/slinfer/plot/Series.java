package io.slinfer.plot;

import java.util.Arrays;

/**
 * A named line: points in order of x, both arrays of the same length, NaN in y for a gap.
 *
 * @param stepped the value holds until the next point, instead of a straight line to it
 */
public record Series(String name, double[] x, double[] y, boolean stepped) {

  public Series {
    if (x.length != y.length) {
      throw new IllegalArgumentException(name + ": " + x.length + " x, " + y.length + " y");
    }
  }

  /** A line through the points. */
  public static Series line(String name, double[] x, double[] y) {
    return new Series(name, x, y, false);
  }

  /** The share of {@code samples} (any order, not changed) at or below each value, 0 to 1. */
  public static Series cumulativeShare(String name, double[] samples) {
    double[] sorted = samples.clone();
    Arrays.sort(sorted);
    int points = Math.min(sorted.length, 400);
    double[] x = new double[points];
    double[] y = new double[points];
    for (int i = 0; i < points; i++) {
      int rank = points == 1 ? 0 : (int) ((long) i * (sorted.length - 1) / (points - 1));
      x[i] = sorted[rank];
      y[i] = (rank + 1.0) / sorted.length;
    }
    return new Series(name, x, y, true);
  }
}
