package io.slinfer.plot;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One axis: a range of values onto a range of pixels, linear or logarithmic, with round ticks.
 *
 * @param low smallest value shown, above 0 if logarithmic
 * @param high largest value shown, above {@code low}
 */
record Axis(double low, double high, boolean logarithmic, double lowPixel, double highPixel) {

  /**
   * An axis that shows all values and ends on round numbers; NaN and, if logarithmic, values up to
   * 0 are passed over.
   */
  static Axis around(
      List<double[]> values, boolean logarithmic, double lowPixel, double highPixel) {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (double[] some : values) {
      for (double value : some) {
        if (Double.isFinite(value) && (!logarithmic || value > 0)) {
          low = Math.min(low, value);
          high = Math.max(high, value);
        }
      }
    }
    if (low > high) {
      low = logarithmic ? 1 : 0;
      high = 10;
    }
    if (logarithmic) {
      low = Math.pow(10, Math.floor(Math.log10(low)));
      high = Math.pow(10, Math.ceil(Math.log10(high)));
      return new Axis(low, high > low ? high : low * 10, true, lowPixel, highPixel);
    }
    low = Math.min(0, low);
    double step = roundStep(Math.max(high - low, 1e-9) / 5);
    return new Axis(
        low,
        Math.ceil(high / step - 1e-9) * step + (high > low ? 0 : step),
        false,
        lowPixel,
        highPixel);
  }

  double pixel(double value) {
    double share =
        logarithmic
            ? Math.log10(Math.max(value, low) / low) / Math.log10(high / low)
            : (value - low) / (high - low);
    return lowPixel + share * (highPixel - lowPixel);
  }

  List<Double> ticks() {
    List<Double> ticks = new ArrayList<>();
    if (logarithmic) {
      for (double tick = low; tick <= high * 1.0001; tick *= 10) {
        ticks.add(tick);
      }
      return ticks;
    }
    double step = roundStep((high - low) / 5);
    for (long i = (long) Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) {
      ticks.add(i * step);
    }
    return ticks;
  }

  /** A number as a tick shows it: no more digits than it needs, thousands as k, millions as M. */
  static String label(double value) {
    double size = Math.abs(value);
    if (size >= 1e6) {
      return trimmed(value / 1e6) + "M";
    }
    return size >= 1e4 ? trimmed(value / 1e3) + "k" : trimmed(value);
  }

  private static String trimmed(double value) {
    String text = String.format(Locale.ROOT, "%.4f", value);
    return text.contains(".") ? text.replaceAll("0+$", "").replaceAll("\\.$", "") : text;
  }

  /** The smallest of 1, 2, 5 times a power of ten that is at least {@code step}. */
  private static double roundStep(double step) {
    double power = Math.pow(10, Math.floor(Math.log10(step)));
    for (int factor : new int[] {1, 2, 5}) {
      if (factor * power >= step * (1 - 1e-9)) {
        return factor * power;
      }
    }
    return 10 * power;
  }
}
