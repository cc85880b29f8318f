package io.slinfer.engine;

import io.slinfer.request.LogitChanges;
import io.slinfer.request.Sampling;
import io.slinfer.request.TokenDraw;
import java.util.Arrays;
import java.util.List;

/**
 * Draws tokens from logits. The token depends on the logits, the parameters, the sequence's own
 * tokens and their number alone: random numbers come from a counter (SplitMix64; Steele, Lea, Flood
 * 2014) keyed by seed and position, never from a stream that other requests share.
 *
 * <p>Steps of {@link #draw}: raw log-probabilities, the rule's tokens, penalties and bias,
 * temperature, filters, draw. Linear in the vocabulary.
 *
 * <p>Confined to its engine's thread; reuses its buffers.
 */
public final class Sampler {

  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  /** Keeps 1 / temperature finite; far below where a draw is greedy in effect. */
  private static final double LEAST_TEMPERATURE = 1e-9;

  private final Candidates candidates = new Candidates();
  private final LogitEditor editor = new LogitEditor();

  /**
   * Draws the next token of a sequence.
   *
   * @param logits raw, one for each token of the vocabulary; not changed
   * @throws ArithmeticException if a logit is not a number or all are minus infinity
   * @throws IllegalStateException if the sequence's rule cannot tell what may come next
   */
  public TokenDraw draw(float[] logits, Sequence sequence) {
    Sampling sampling = sequence.sampling();
    double logTotal = logTotal(logits);
    if (sequence.progress() == null) {
      candidates.takeAll(logits.length);
    } else {
      candidates.take(sequence.progress().allowed(), logits.length);
    }
    LogitChanges changes = sampling.changes();
    float[] changed = changes.isNone() ? logits : editor.changed(logits, changes, sequence);
    return told(logits, choose(changed, sampling, sequence.length()), logTotal, sampling);
  }

  /**
   * Tells of a token as if it had been drawn.
   *
   * @throws ArithmeticException if a logit is not a number or all are minus infinity
   */
  public TokenDraw score(float[] logits, int token, Sampling sampling) {
    return told(logits, token, logTotal(logits), sampling);
  }

  /**
   * Draws the token for {@code position}, its index in the sequence (prompt included), by the raw
   * logits alone.
   *
   * @throws ArithmeticException if a logit is not a number or all are minus infinity
   */
  TokenDraw draw(float[] logits, Sampling sampling, int position) {
    double logTotal = logTotal(logits);
    candidates.takeAll(logits.length);
    return told(logits, choose(logits, sampling, position), logTotal, sampling);
  }

  private int choose(float[] logits, Sampling sampling, int position) {
    int best = candidates.likeliest(logits);
    if (sampling.temperature() == 0) {
      return best;
    }
    candidates.weigh(logits, logits[best], Math.max(sampling.temperature(), LEAST_TEMPERATURE));
    return candidates.choose(sampling, uniform(sampling.seed(), position));
  }

  private static TokenDraw told(float[] logits, int token, double logTotal, Sampling sampling) {
    return new TokenDraw(
        token,
        (float) (logits[token] - logTotal),
        likeliest(logits, Math.min(sampling.likeliest(), logits.length), logTotal));
  }

  /** The likeliest tokens, of equals the smaller ids first. O(vocabulary x count) at worst. */
  private static List<TokenDraw.Likely> likeliest(float[] logits, int count, double logTotal) {
    if (count == 0) {
      return List.of();
    }
    int[] found = new int[count];
    int size = 0;
    for (int token = 0; token < logits.length; token++) {
      if (size == count && !(logits[token] > logits[found[size - 1]])) {
        continue;
      }
      int at = size < count ? size++ : size - 1;
      while (at > 0 && logits[token] > logits[found[at - 1]]) {
        found[at] = found[at - 1];
        at--;
      }
      found[at] = token;
    }
    return Arrays.stream(found)
        .mapToObj(token -> new TokenDraw.Likely(token, (float) (logits[token] - logTotal)))
        .toList();
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

  /** The logarithm of the sum of the exponentials. */
  private static double logTotal(float[] logits) {
    float greatest = Float.NEGATIVE_INFINITY;
    for (float logit : logits) {
      greatest = Math.max(greatest, logit); // NaN wins
    }
    double total = 0;
    for (float logit : logits) {
      total += Exponential.of(logit - (double) greatest);
    }
    double logTotal = greatest + Math.log(total);
    if (Double.isNaN(logTotal) || Double.isInfinite(logTotal)) {
      throw new ArithmeticException("log-sum-exp is " + logTotal);
    }
    return logTotal;
  }
}
