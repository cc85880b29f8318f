package io.slinfer.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.request.LogitChanges;
import io.slinfer.request.RequestId;
import io.slinfer.request.Sampling;
import io.slinfer.request.TokenDraw;
import io.slinfer.request.TokenRule;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class SamplerTest {

  private static final int DRAWS = 4000;

  private final Sampler sampler = new Sampler();

  @Test
  void greedyTakesTheFirstOfTheLikeliest() {
    TokenDraw draw = sampler.draw(new float[] {0, 2, 1, 2}, Sampling.GREEDY, 5);
    assertEquals(1, draw.token());
    assertEquals(2 - Math.log(1 + 2 * Math.exp(2) + Math.exp(1)), draw.logProbability(), 1e-6);
  }

  @Test
  void logProbabilitiesComeFromTheRawLogits() {
    float[] logits = {1, 3, 2};
    TokenDraw draw = sampler.draw(logits, new Sampling(0.1, 1, 0.5, 0.9, 7), 0);
    assertEquals(1, draw.token());
    double total = Math.exp(1) + Math.exp(3) + Math.exp(2);
    assertEquals(3 - Math.log(total), draw.logProbability(), 1e-6);
  }

  @Test
  void drawsFollowTheProbabilities() {
    float[] logits = {0, (float) Math.log(2), (float) Math.log(5), Float.NEGATIVE_INFINITY};
    int[] seen = new int[4];
    for (int i = 0; i < DRAWS; i++) {
      seen[sampler.draw(logits, new Sampling(1, 0, 1, 0, 42), i).token()]++;
    }
    assertEquals(1.0 / 8, (double) seen[0] / DRAWS, 0.02);
    assertEquals(2.0 / 8, (double) seen[1] / DRAWS, 0.025);
    assertEquals(5.0 / 8, (double) seen[2] / DRAWS, 0.03);
    assertEquals(0, seen[3]);
  }

  @Test
  void theSameSeedAndPositionGiveTheSameTokenWhateverCameBefore() {
    float[] logits = normal(1000, new Random(1));
    Sampling sampling = new Sampling(1.3, 50, 0.95, 0.01, 99);
    int first = sampler.draw(logits, sampling, 17).token();
    for (int i = 0; i < 20; i++) {
      sampler.draw(normal(500, new Random(i)), sampling, i);
    }
    assertEquals(first, sampler.draw(logits, sampling, 17).token());
    assertEquals(first, new Sampler().draw(logits, sampling, 17).token());
  }

  @Test
  void neighbouringSeedsAndPositionsAreIndependent() {
    Set<Double> seen = new HashSet<>();
    double sum = 0;
    for (long seed = -50; seed < 50; seed++) {
      for (long position = 0; position < 100; position++) {
        double uniform = Sampler.uniform(seed, position);
        assertTrue(uniform >= 0 && uniform < 1);
        seen.add(uniform);
        sum += uniform;
      }
    }
    assertEquals(10_000, seen.size());
    assertEquals(0.5, sum / 10_000, 0.015);
  }

  @Test
  void filtersKeepExactlyWhatASortWouldKeep() {
    long seed = Long.getLong("slinfer.seed", 20261123L);
    Random random = new Random(seed);
    for (int round = 0; round < 60; round++) {
      float[] logits = normal(2 + random.nextInt(60), random);
      if (round % 3 == 0) {
        for (int i = 0; i < logits.length; i++) {
          logits[i] = Math.round(logits[i]); // ties
        }
      }
      Sampling sampling =
          new Sampling(
              0.3 + random.nextDouble(),
              random.nextInt(3) == 0 ? 0 : 1 + random.nextInt(20),
              random.nextInt(3) == 0 ? 1 : 0.05 + 0.95 * random.nextDouble(),
              random.nextInt(2) == 0 ? 0 : random.nextDouble(),
              random.nextLong());
      Set<Integer> allowed = sorted(logits, sampling);
      Set<Integer> seen = new HashSet<>();
      for (int i = 0; i < 300; i++) {
        seen.add(sampler.draw(logits, sampling, i).token());
      }
      assertTrue(allowed.containsAll(seen), "seed " + seed + " round " + round + " " + sampling);
      if (allowed.size() <= 3) {
        assertTrue(
            seen.size() == allowed.size() || rare(logits, sampling, allowed),
            "seed " + seed + " round " + round + ": " + seen + " of " + allowed);
      }
    }
  }

  @Test
  void topKOfOneIsGreedyAtAnyTemperature() {
    float[] logits = normal(151_936, new Random(3));
    int best = sampler.draw(logits, Sampling.GREEDY, 0).token();
    for (int i = 0; i < 10; i++) {
      assertEquals(best, sampler.draw(logits, new Sampling(2, 1, 1, 0, i), i).token());
      assertEquals(best, sampler.draw(logits, new Sampling(1e-300, 0, 1, 0, i), i).token());
    }
  }

  @Test
  void refusesLogitsThatAreNoNumbers() {
    for (float[] logits :
        List.of(
            new float[] {0, Float.NaN, 1},
            new float[] {Float.NEGATIVE_INFINITY, Float.NEGATIVE_INFINITY},
            new float[] {Float.POSITIVE_INFINITY, 0})) {
      assertThrows(
          ArithmeticException.class,
          () -> sampler.draw(logits, Sampling.GREEDY, 0),
          Arrays.toString(logits));
    }
  }

  @Test
  void penaltiesCountTheAnswerAndRepetitionThePromptToo() {
    float[] logits = {2, 2.1f, 2.2f, 2.3f, -1};
    assertEquals(3, greedy(logits, new LogitChanges(1, 0, 0, Map.of()), 3, 3));
    assertEquals(2, greedy(logits, new LogitChanges(1, 0.2, 0, Map.of()), 3, 3));
    assertEquals(3, greedy(logits, new LogitChanges(1, 0, 0.09, Map.of()), 3));
    assertEquals(2, greedy(logits, new LogitChanges(1, 0, 0.09, Map.of()), 3, 3));
    assertEquals(2, greedy(logits, new LogitChanges(1.1, 0, 0, Map.of()), 3));
    assertEquals(0, greedy(logits, new LogitChanges(1, 0, 0, Map.of(0, 100.0, 99, 100.0)), 3));
    // The prompt of these sequences is token 1.
    assertEquals(0, greedy(logits, new LogitChanges(1.2, 0, 0, Map.of()), 3, 2, 3));
    assertEquals(4, greedy(logits, new LogitChanges(10, 0, 0, Map.of(4, 2.0)), 3, 2, 0));
  }

  /** The likeliest token after the prompt 1 and an answer. */
  private int greedy(float[] logits, LogitChanges changes, int... answer) {
    Sampling sampling = new Sampling(0, 0, 1, 0, 0, changes, 0, null);
    Sequence sequence = new Sequence(new RequestId("r"), new int[] {1}, sampling);
    for (int token : answer) {
      sequence.append(token);
    }
    float[] before = logits.clone();
    int first = sampler.draw(logits, sequence).token();
    assertEquals(first, sampler.draw(logits, sequence).token(), "nothing is left over");
    assertTrue(Arrays.equals(before, logits), "the logits stay as they are");
    return first;
  }

  @Test
  void tellsTheLikeliestTokensByTheRawLogits() {
    float[] logits = {1, 3, 3, 2, -5};
    Sampling sampling =
        new Sampling(0, 0, 1, 0, 0, new LogitChanges(1, 0, 0, Map.of(4, 100.0)), 3, null);
    Sequence sequence = new Sequence(new RequestId("r"), new int[] {0}, sampling);
    TokenDraw draw = sampler.draw(logits, sequence);
    assertEquals(4, draw.token());
    assertEquals(List.of(1, 2, 3), draw.likeliest().stream().map(TokenDraw.Likely::token).toList());
    assertEquals(
        sampler.draw(logits, Sampling.GREEDY, 0).logProbability(),
        draw.likeliest().getFirst().logProbability());
    assertEquals(draw.logProbability(), draw.likeliest().getFirst().logProbability() - 8, 1e-5);
  }

  @Test
  void drawsOnlyWhatARuleAllowsAtAnyTemperature() {
    long seed = Long.getLong("slinfer.seed", 20261124L);
    Random random = new Random(seed);
    for (int round = 0; round < 300; round++) {
      float[] logits = normal(1 + random.nextInt(200), random);
      BitSet allowed = new BitSet();
      int count = 1 + random.nextInt(5);
      for (int i = 0; i < count; i++) {
        allowed.set(random.nextInt(logits.length));
      }
      Sampling sampling =
          new Sampling(
              random.nextInt(3) * 0.7,
              random.nextInt(4),
              0.3 + 0.7 * random.nextDouble(),
              random.nextInt(2) * 0.1,
              random.nextLong(),
              LogitChanges.NONE,
              0,
              new OnlyThese(allowed));
      Sequence sequence = new Sequence(new RequestId("r"), new int[] {0}, sampling);
      for (int i = 0; i < 20; i++) {
        int token = sampler.draw(logits, sequence).token();
        assertTrue(allowed.get(token), "seed " + seed + " round " + round + ": " + token);
        sequence.append(token);
      }
    }
  }

  /** The same tokens at every place. */
  private record OnlyThese(BitSet tokens) implements TokenRule, TokenRule.Progress {

    @Override
    public Progress start() {
      return this;
    }

    @Override
    public long[] allowed() {
      return tokens.toLongArray();
    }

    @Override
    public void accept(int token) {
      assertTrue(tokens.get(token));
    }

    @Override
    public boolean isComplete() {
      return false;
    }
  }

  @Test
  void theQuickExponentialIsCloseToTheSlowOne() {
    for (double x = -689; x < 80; x += 0.137) {
      assertEquals(1, Exponential.of(x) / Math.exp(x), 1e-9, "e^" + x);
      assertEquals(Math.tanh(x / 10), Exponential.tanh(x / 10), 1e-9, "tanh " + x / 10);
    }
    assertEquals(0, Exponential.of(-1e9));
    assertEquals(0, Exponential.of(Double.NEGATIVE_INFINITY));
  }

  /** Whether some allowed token has less than 3 % of the weight, so that it may go unseen. */
  private static boolean rare(float[] logits, Sampling sampling, Set<Integer> allowed) {
    double total = 0;
    for (int token : allowed) {
      total += Math.exp(logits[token] / sampling.temperature());
    }
    double sum = total;
    return allowed.stream()
        .anyMatch(token -> Math.exp(logits[token] / sampling.temperature()) / sum < 0.03);
  }

  /** The tokens that top-k, top-p and min-p leave, by sorting. */
  private static Set<Integer> sorted(float[] logits, Sampling sampling) {
    double[] weights = new double[logits.length];
    double greatest = IntStream.range(0, logits.length).mapToDouble(i -> logits[i]).max().orElse(0);
    for (int i = 0; i < weights.length; i++) {
      weights[i] = Math.exp((logits[i] - greatest) / sampling.temperature());
    }
    List<Integer> order =
        IntStream.range(0, logits.length)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer i) -> -weights[i]))
            .limit(sampling.topK() == 0 ? logits.length : sampling.topK())
            .toList();
    double total = order.stream().mapToDouble(i -> weights[i]).sum();
    Set<Integer> kept = new HashSet<>();
    double sum = 0;
    for (int token : order) {
      if (sum >= sampling.topP() * total * (1 - 1e-12) && sampling.topP() < 1) {
        break;
      }
      sum += weights[token];
      if (weights[token] >= sampling.minP()) {
        kept.add(token);
      }
    }
    return kept;
  }

  private static float[] normal(int count, Random random) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) (random.nextGaussian() * 2);
    }
    return numbers;
  }
}
