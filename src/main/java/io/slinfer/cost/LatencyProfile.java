package io.slinfer.cost;

import java.util.ArrayList;
import java.util.List;

/**
 * How long steps of one model take on one kind of device, from measured points: bilinear between
 * them, constant below the first, proportional above the last (slinfer-algorithm section 3).
 *
 * <p>Immutable; any thread. O(points) a call, no allocation.
 */
public final class LatencyProfile {

  private final Curve prefill;
  private final double[] decodeLengths;
  private final Curve[] decodeByBatch;

  /**
   * @param prefill nanoseconds by prompt tokens
   * @param decode one row for each mean length, ascending
   */
  public LatencyProfile(Curve prefill, List<DecodeRow> decode) {
    if (decode.isEmpty()) {
      throw new IllegalArgumentException("a latency profile needs a decode row");
    }
    this.prefill = prefill;
    this.decodeLengths = decode.stream().mapToDouble(DecodeRow::meanTokens).toArray();
    this.decodeByBatch = decode.stream().map(DecodeRow::nanosByBatch).toArray(Curve[]::new);
  }

  /**
   * The same with decodes of longer sequences as the shortest and the longest measured ones
   * suggest, in a line, in place of in proportion: what was measured of short sequences only says
   * little about weights and much about keys and values otherwise.
   *
   * @param tokens up to this length
   */
  public LatencyProfile drawnOutTo(double tokens) {
    int last = decodeLengths.length - 1;
    if (last == 0 || tokens <= decodeLengths[last]) {
      return this;
    }
    double part = (tokens - decodeLengths[0]) / (decodeLengths[last] - decodeLengths[0]);
    List<DecodeRow> rows = new ArrayList<>();
    for (int i = 0; i <= last; i++) {
      rows.add(new DecodeRow(decodeLengths[i], decodeByBatch[i]));
    }
    rows.add(new DecodeRow(tokens, decodeByBatch[0].towards(decodeByBatch[last], part)));
    return new LatencyProfile(prefill, rows);
  }

  /** Decode nanoseconds by batch size for sequences of one mean length. */
  public record DecodeRow(double meanTokens, Curve nanosByBatch) {}

  /** The points of prefills. */
  public Curve prefill() {
    return prefill;
  }

  /** The points of decodes, one row for each mean length. */
  public List<DecodeRow> decode() {
    List<DecodeRow> rows = new ArrayList<>();
    for (int i = 0; i < decodeLengths.length; i++) {
      rows.add(new DecodeRow(decodeLengths[i], decodeByBatch[i]));
    }
    return rows;
  }

  /** A step that prefills {@code tokens} tokens in all. */
  public long prefillNanos(int tokens) {
    return Math.round(prefill.at(tokens));
  }

  /** A step that decodes one token for each of {@code batch} sequences of this mean length. */
  public long decodeNanos(double meanTokens, int batch) {
    int last = decodeLengths.length - 1;
    if (meanTokens <= decodeLengths[0]) {
      return Math.round(decodeByBatch[0].at(batch));
    }
    if (meanTokens >= decodeLengths[last]) {
      return Math.round(decodeByBatch[last].at(batch) * meanTokens / decodeLengths[last]);
    }
    int high = 1;
    while (decodeLengths[high] < meanTokens) {
      high++;
    }
    double low = decodeLengths[high - 1];
    double part = (meanTokens - low) / (decodeLengths[high] - low);
    return Math.round(
        decodeByBatch[high - 1].at(batch) * (1 - part) + decodeByBatch[high].at(batch) * part);
  }

  /** A piecewise linear function through measured points. */
  public static final class Curve {

    private final double[] x;
    private final double[] y;

    /**
     * @param x ascending, positive
     * @param y nanoseconds
     */
    public Curve(double[] x, double[] y) {
      if (x.length == 0 || x.length != y.length) {
        throw new IllegalArgumentException("a curve needs as many x as y, at least one");
      }
      for (int i = 1; i < x.length; i++) {
        if (x[i] <= x[i - 1]) {
          throw new IllegalArgumentException("points must ascend: " + x[i - 1] + ", " + x[i]);
        }
      }
      this.x = x.clone();
      this.y = y.clone();
    }

    /** The curve that lies {@code part} of the way from this one to another; 1 is the other. */
    Curve towards(Curve other, double part) {
      double[] further = new double[other.x.length];
      for (int i = 0; i < further.length; i++) {
        double slope = Math.max(0, other.y[i] - at(other.x[i]));
        further[i] = other.y[i] + (part - 1) * slope;
      }
      return new Curve(other.x, further);
    }

    /** Where it was measured. */
    public double[] x() {
      return x.clone();
    }

    /** What was measured there. */
    public double[] y() {
      return y.clone();
    }

    double at(double value) {
      int last = x.length - 1;
      if (value <= x[0]) {
        return y[0];
      }
      if (value >= x[last]) {
        return y[last] * value / x[last];
      }
      int high = 1;
      while (x[high] < value) {
        high++;
      }
      double part = (value - x[high - 1]) / (x[high] - x[high - 1]);
      return y[high - 1] * (1 - part) + y[high] * part;
    }
  }
}
