package io.slinfer.engine;

import io.slinfer.request.Sampling;

/**
 * Tokens with weights, from which one is chosen after top-k, top-p and min-p. Linear in their
 * number: filters partition, nothing is sorted. Confined to its sampler; reuses its buffers.
 */
final class Candidates {

  private double[] weights = new double[0];
  private int[] ids = new int[0];

  /** Indices of candidates, reordered by the filters. */
  private int[] tokens = new int[0];

  private int count;

  /** Takes all tokens. */
  void takeAll(int vocabularySize) {
    ensure(vocabularySize);
    for (int i = 0; i < vocabularySize; i++) {
      ids[i] = i;
    }
    count = vocabularySize;
  }

  /** Takes the tokens whose bits are set. */
  void take(long[] bits, int vocabularySize) {
    ensure(vocabularySize);
    count = 0;
    int words = Math.min(bits.length, (vocabularySize + 63) / 64);
    for (int word = 0; word < words; word++) {
      for (long left = bits[word]; left != 0; left &= left - 1) {
        int token = 64 * word + Long.numberOfTrailingZeros(left);
        if (token < vocabularySize) {
          ids[count++] = token;
        }
      }
    }
  }

  private void ensure(int size) {
    if (ids.length < size) {
      weights = new double[size];
      ids = new int[size];
      tokens = new int[size];
    }
  }

  /**
   * The first candidate with the greatest logit.
   *
   * @throws ArithmeticException if there is none above minus infinity
   */
  int likeliest(float[] logits) {
    int best = -1;
    float greatest = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      if (logits[ids[i]] > greatest) {
        greatest = logits[ids[i]];
        best = ids[i];
      }
    }
    if (best < 0) {
      throw new ArithmeticException("no token that may come next has a probability");
    }
    return best;
  }

  /** Weighs each by its probability after temperature, relative to the likeliest's. */
  void weigh(float[] logits, double greatest, double temperature) {
    double scale = 1 / temperature;
    for (int i = 0; i < count; i++) {
      weights[i] = Exponential.of((logits[ids[i]] - greatest) * scale);
    }
  }

  /** Filters, then takes the token at {@code uniform} of the weight that is left, in id order. */
  int choose(Sampling sampling, double uniform) {
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
    double target = uniform * weightFrom(least, last);
    double passed = 0;
    int chosen = -1;
    for (int i = 0; i < count; i++) {
      if (weights[i] > 0 && keeps(i, least, last)) {
        chosen = i;
        passed += weights[i];
        if (passed > target) {
          break;
        }
      }
    }
    return ids[chosen];
  }

  private boolean keeps(int candidate, double least, int last) {
    double weight = weights[candidate];
    return weight > least || (weight == least && (candidate <= last || weights[last] < least));
  }

  private double weightFrom(double least, int last) {
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
