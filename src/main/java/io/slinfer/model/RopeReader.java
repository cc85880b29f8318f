package io.slinfer.model;

/**
 * Works out rotary frequencies from metadata and factor tensors. Scalings: linear (Chen et al.
 * 2023, arXiv 2306.15595), YaRN (Peng et al. 2023, arXiv 2309.00071), llama-3 (by tensor or by
 * metadata), longrope (Ding et al. 2024, arXiv 2402.13753). All in double.
 */
final class RopeReader {

  private static final double DEFAULT_BASE = 10_000;

  private final Hyperparameters keys;
  private final TensorTable tensors;
  private final boolean interleaved;
  private final int contextTokens;
  private final int dimensions;

  RopeReader(
      Hyperparameters keys, TensorTable tensors, Family family, int headSize, int contextTokens)
      throws UnservableModelException {
    this.keys = keys;
    this.tensors = tensors;
    this.interleaved = family.has(Family.Trait.INTERLEAVED_ROPE);
    this.contextTokens = contextTokens;
    this.dimensions = keys.integer("rope.dimension_count", 2, headSize, headSize);
    if (dimensions % 2 != 0) {
      throw new UnservableModelException("rope.dimension_count is " + dimensions + ", an odd size");
    }
  }

  /** The rotation of layers that see everything. */
  Rope scaled() throws UnservableModelException {
    double[] plain = plainFrequencies(keys.positive("rope.freq_base", DEFAULT_BASE));
    divide(plain, tensors.numbers("rope_freqs.weight", dimensions / 2));
    double[] shortFactors = tensors.numbers("rope_factors_short.weight", dimensions / 2);
    double[] longFactors = tensors.numbers("rope_factors_long.weight", dimensions / 2);
    String type = keys.text("rope.scaling.type", longFactors == null ? "linear" : "longrope");
    return switch (type) {
      case "none" -> rope(plain, magnitude(1));
      case "linear" -> rope(divided(plain, factor()), magnitude(1));
      case "yarn" -> rope(yarn(plain), magnitude(factor() <= 1 ? 1 : 0.1 * Math.log(factor()) + 1));
      case "llama3" -> rope(tensors.has("rope_freqs.weight") ? plain : llama3(plain), magnitude(1));
      case "longrope", "su" -> longrope(plain, shortFactors, longFactors);
      default -> throw new UnservableModelException("rope.scaling.type " + type + " is unknown");
    };
  }

  /** The rotation of layers with a window, in families where it takes no scaling. */
  Rope plain(double defaultBase) throws UnservableModelException {
    return rope(plainFrequencies(keys.positive("rope.freq_base_swa", defaultBase)), 1);
  }

  private Rope rope(double[] frequencies, double magnitude) {
    return new Rope(
        dimensions, interleaved, frequencies, frequencies, Integer.MAX_VALUE, magnitude);
  }

  private Rope longrope(double[] plain, double[] shortFactors, double[] longFactors)
      throws UnservableModelException {
    if (shortFactors == null || longFactors == null) {
      throw new UnservableModelException(
          "longrope needs tensors rope_factors_short.weight and rope_factors_long.weight");
    }
    double[] shortFrequencies = plain.clone();
    divide(shortFrequencies, shortFactors);
    divide(plain, longFactors);
    int original = originalContext();
    double ratio = (double) contextTokens / original;
    double attention = ratio <= 1 ? 1 : Math.sqrt(1 + Math.log(ratio) / Math.log(original));
    return new Rope(
        dimensions, interleaved, shortFrequencies, plain, original, magnitude(attention));
  }

  /** What cosines and sines are multiplied by: as the file says, else as the scaling's paper. */
  private double magnitude(double otherwise) throws UnservableModelException {
    double written = keys.positive("rope.scaling.yarn_attn_factor", otherwise);
    return keys.positive("rope.scaling.attn_factor", written);
  }

  private double factor() throws UnservableModelException {
    double factor = keys.number("rope.scaling.factor", keys.number("rope.scale_linear", 1));
    if (factor < 0) {
      throw new UnservableModelException("rope.scaling.factor is " + factor);
    }
    return factor == 0 ? 1 : factor;
  }

  private int originalContext() throws UnservableModelException {
    return keys.integer(
        "rope.scaling.original_context_length", 2, Integer.MAX_VALUE, contextTokens);
  }

  private double[] plainFrequencies(double base) {
    double[] frequencies = new double[dimensions / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = Math.pow(base, -2.0 * i / dimensions);
    }
    return frequencies;
  }

  /** Interpolates slow pairs, keeps fast ones, ramps between; the range is rounded outwards. */
  private double[] yarn(double[] plain) throws UnservableModelException {
    double fastTurns = keys.positive("rope.scaling.yarn_beta_fast", 32);
    double slowTurns = keys.positive("rope.scaling.yarn_beta_slow", 1);
    double extrapolation = keys.number("rope.scaling.yarn_ext_factor", 1);
    double low = Math.max(0, Math.floor(pairTurning(fastTurns)));
    double high = Math.min(dimensions - 1, Math.ceil(pairTurning(slowTurns)));
    double factor = factor();
    double[] scaled = new double[plain.length];
    for (int i = 0; i < plain.length; i++) {
      double ramp = Math.clamp((i - low) / Math.max(0.001, high - low), 0, 1);
      double keep = (1 - ramp) * extrapolation;
      scaled[i] = plain[i] / factor * (1 - keep) + plain[i] * keep;
    }
    return scaled;
  }

  /** The pair that turns {@code turns} times over the original context. */
  private double pairTurning(double turns) throws UnservableModelException {
    double base = keys.positive("rope.freq_base", DEFAULT_BASE);
    return dimensions * Math.log(originalContext() / (turns * 2 * Math.PI)) / (2 * Math.log(base));
  }

  private double[] llama3(double[] plain) throws UnservableModelException {
    double factor = factor();
    double slow = keys.positive("rope.scaling.low_freq_factor", 1);
    double fast = keys.positive("rope.scaling.high_freq_factor", 4);
    double[] scaled = new double[plain.length];
    for (int i = 0; i < plain.length; i++) {
      double turns = originalContext() * plain[i] / (2 * Math.PI);
      double keep = fast <= slow ? (turns < slow ? 0 : 1) : (turns - slow) / (fast - slow);
      keep = Math.clamp(keep, 0, 1);
      scaled[i] = plain[i] / factor * (1 - keep) + plain[i] * keep;
    }
    return scaled;
  }

  private static double[] divided(double[] frequencies, double factor) {
    double[] scaled = new double[frequencies.length];
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] = frequencies[i] / factor;
    }
    return scaled;
  }

  private static void divide(double[] frequencies, double[] factors)
      throws UnservableModelException {
    if (factors == null) {
      return;
    }
    for (int i = 0; i < frequencies.length; i++) {
      if (!(factors[i] > 0) || factors[i] == Double.POSITIVE_INFINITY) {
        throw new UnservableModelException("a rope factor is " + factors[i]);
      }
      frequencies[i] /= factors[i];
    }
  }
}
