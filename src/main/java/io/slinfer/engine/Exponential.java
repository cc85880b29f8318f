package io.slinfer.engine;

/**
 * e to the x, quick where a vocabulary of them is needed: table of 2^(i/64) and a cubic, relative
 * error below 1e-9. Pure.
 */
public final class Exponential {

  private static final int STEPS = 64;
  private static final double[] POWERS = new double[STEPS];
  private static final double STEPS_PER_E = STEPS / Math.log(2);
  private static final double E_PER_STEP = Math.log(2) / STEPS;

  /** Adding this rounds a double to a whole number that then stands in its lowest bits. */
  private static final double ROUNDER = 0x1.8p52;

  /** Below this, e to the x counts as 0: less than 1e-300. */
  private static final double LEAST = -690;

  static {
    for (int i = 0; i < STEPS; i++) {
      POWERS[i] = Math.pow(2, (double) i / STEPS);
    }
  }

  private Exponential() {}

  /**
   * e to the {@code x}.
   *
   * @param x at most 690
   */
  public static double of(double x) {
    if (x < LEAST) {
      return 0;
    }
    double shifted = x * STEPS_PER_E + ROUNDER;
    long step = (int) Double.doubleToRawLongBits(shifted);
    double rest = x - (shifted - ROUNDER) * E_PER_STEP;
    double cubic = 1 + rest * (1 + rest * (0.5 + rest * (1.0 / 6)));
    long exponent = (step >> 6) + 1023;
    return POWERS[(int) (step & (STEPS - 1))] * cubic * Double.longBitsToDouble(exponent << 52);
  }

  /** The hyperbolic tangent of {@code x}, absolute error below 1e-9. */
  public static double tanh(double x) {
    double least = Math.max(x, -300);
    return 1 - 2 / (of(2 * Math.min(least, 300)) + 1);
  }
}
