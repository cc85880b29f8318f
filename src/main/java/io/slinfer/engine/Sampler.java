package io.slinfer.engine;

import io.slinfer.request.Sampling;
import io.slinfer.request.TokenDraw;
import java.util.List;

/**
 * Draws tokens from logits. The token depends on the logits, the parameters and the token's
 * position alone: random numbers come from a counter (SplitMix64; Steele, Lea, Flood 2014) keyed by
 * seed and position, never from a stream that other requests share.
 *
 * <p>Steps of {@link #draw}: raw log-probabilities, temperature, filters, draw. What changes logits
 * for a request (penalties, grammars) belongs between the first and the second. Linear in the
 * vocabulary: filters partition, nothing is sorted.
 *
 * <p>Confined to its engine's thread; reuses its buffers.
 */
public final class Sampler {

  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  /** Keeps 1 / temperature finite; far below where a draw is greedy in effect. */
  private static final double LEAST_TEMPERATURE = 1e-9;

  private double[] weights = new double[0];
  private int[] tokens = new int[0];

  /**
   * Draws the token for {@code position}, its index in the sequence (prompt included).
   *
   * @param logits raw, one for each token of the vocabulary; not changed
   * @throws ArithmeticException if a logit is not a number or all are minus infinity
   */
  public TokenDraw draw(float[] logits, Sampling sampling, int position) {
    int best = likeliest(logits);
    double greatest = logits[best];
    double logTotal = greatest + Math.log(total(logits, greatest));
    if (Double.isNaN(logTotal) || Double.isInfinite(logTotal)) {
      throw new ArithmeticException("the logits have no distribution: log-sum-exp is " + logTotal);
    }
    int token = best;
    if (sampling.temperature() > 0) {
      weigh(logits, greatest, sampling.temperature());
      token = choose(logits.length, best, sampling, uniform(sampling.seed(), position));
    }
    return new TokenDraw(token, (float) (logits[token] - logTotal), List.of());
  }

  /** A number in [0, 1) that depends on seed and counter alone. */
  static double uniform(long seed, long counter) {
    long bits = mix(mix(seed) + GOLDEN * (counter + 1));
    return (bits >>> 11) * 0x1p-53;
  }

  private static long mix(long bits) {
    long z = bits;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** The first token with the greatest logit. */
  private static int likeliest(float[] logits) {
    float greatest = Float.NEGATIVE_INFINITY;
    for (float logit : logits) {
      greatest = Math.max(greatest, logit); // NaN wins
    }
    for (int i = 0; i < logits.length; i++) {
      if (logits[i] == greatest) {
        return i;
      }
    }
    throw new ArithmeticException("a logit is not a number");
  }

  private static double total(float[] logits, double greatest) {
    double total = 0;
    for (float logit : logits) {
      total += Exponential.of(logit - greatest);
    }
    return total;
  }

  /** Fills {@code weights} with probabilities after temperature, relative to the likeliest's. */
  private void weigh(float[] logits, double greatest, double temperature) {
    if (weights.length < logits.length) {
      weights = new double[logits.length];
      tokens = new int[logits.length];
    }
    double scale = 1 / Math.max(temperature, LEAST_TEMPERATURE);
    for (int i = 0; i < logits.length; i++) {
      weights[i] = Exponential.of((logits[i] - greatest) * scale);
    }
  }

  /** Filters, then takes the token at {@code uniform} of the weight that is left, in id order. */
  private int choose(int count, int best, Sampling sampling, double uniform) {
    for (int i = 0; i < count; i++) {
      tokens[i] = i;
    }
    int kept = count;
    if (sampling.topK() > 0 && sampling.topK() < kept) {
      kept = likeliestUntil(kept, sampling.topK(), true);
    }
    if (sampling.topP() < 1) {
      kept = likeliestUntil(kept, sampling.topP() * keptWeight(kept), false);
    }
    int last = leastLikely(kept);
    double least = Math.max(weights[last], sampling.minP());
    double target = uniform * weightFrom(count, least, last);
    double passed = 0;
    int token = best;
    for (int i = 0; i < count; i++) {
      if (keeps(i, least, last)) {
        token = i;
        passed += weights[i];
        if (passed > target) {
          break;
        }
      }
    }
    return token;
  }

  private boolean keeps(int token, double least, int last) {
    double weight = weights[token];
    return weight > least || (weight == least && (token <= last || weights[last] < least));
  }

  private double weightFrom(int count, double least, int last) {
    double total = 0;
    for (int i = 0; i < count; i++) {
      if (keeps(i, least, last)) {
        total += weights[i];
      }
    }
    return total;
  }

  private double keptWeight(int kept) {
    double total = 0;
    for (int i = 0; i < kept; i++) {
      total += weights[tokens[i]];
    }
    return total;
  }

  /** Of the first {@code kept} tokens, the one that every other comes before. */
  private int leastLikely(int kept) {
    int least = tokens[0];
    for (int i = 1; i < kept; i++) {
      if (before(least, tokens[i])) {
        least = tokens[i];
      }
    }
    return least;
  }

  /** Whether {@code a} is likelier than {@code b}; of equals the smaller id. */
  private boolean before(int a, int b) {
    return weights[a] > weights[b] || (weights[a] == weights[b] && a < b);
  }

  /**
   * Reorders the first {@code count} tokens so that the smallest set of likeliest ones whose
   * measure reaches {@code target} comes first, and returns its size. Quickselect: expected linear.
   *
   * @param counting each token measures 1, else its weight
   */
  private int likeliestUntil(int count, double target, boolean counting) {
    int from = 0;
    int to = count;
    double missing = target;
    while (to - from > 1) {
      int middle = partition(from, to);
      double upper = 0;
      for (int i = from; i < middle; i++) {
        upper += counting ? 1 : weights[tokens[i]];
      }
      if (upper >= missing) {
        to = middle;
      } else {
        missing -= upper;
        from = middle;
      }
    }
    return to;
  }

  /**
   * Splits tokens [from, to) so that all of the first part come before all of the second, both not
   * empty; returns where the second starts.
   */
  private int partition(int from, int to) {
    if (to - from == 2) {
      if (before(tokens[from + 1], tokens[from])) {
        swap(from, from + 1);
      }
      return from + 1;
    }
    // Of three tokens at least, the median is not the last, so neither part can be empty (Hoare).
    int pivot = medianOfThree(tokens[from], tokens[(from + to) >>> 1], tokens[to - 1]);
    int left = from - 1;
    int right = to;
    while (true) {
      do {
        left++;
      } while (before(tokens[left], pivot));
      do {
        right--;
      } while (before(pivot, tokens[right]));
      if (left >= right) {
        return right + 1;
      }
      swap(left, right);
    }
  }

  private void swap(int i, int j) {
    int swapped = tokens[i];
    tokens[i] = tokens[j];
    tokens[j] = swapped;
  }

  private int medianOfThree(int a, int b, int c) {
    if (before(a, b)) {
      return before(b, c) ? b : before(a, c) ? c : a;
    }
    return before(a, c) ? a : before(b, c) ? c : b;
  }
}
