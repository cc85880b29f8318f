package io.slinfer.load;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Random arrivals at a mean rate over models of Zipf popularity; the same seed gives the same plan.
 *
 * @param requestsPerSecond mean arrival rate over all models
 * @param burstiness shape of the gamma-distributed gaps: 1 is Poisson, below 1 burstier
 * @param zipfExponent 0 makes all models equally popular
 * @param meanPromptTokens mean of the exponentially distributed prompt lengths, at least 1 each
 * @param meanOutputTokens likewise for outputs
 * @param disconnectShare share of calls that hang up at a random token, 0 to 1
 */
public record PoissonPlan(
    double requestsPerSecond,
    double durationSeconds,
    double burstiness,
    double zipfExponent,
    double meanPromptTokens,
    double meanOutputTokens,
    double disconnectShare,
    long seed) {

  public PoissonPlan {
    require(requestsPerSecond > 0, "rate", requestsPerSecond, "above 0");
    require(durationSeconds > 0, "duration", durationSeconds, "above 0");
    require(burstiness > 0, "burstiness", burstiness, "above 0");
    require(zipfExponent >= 0, "zipf", zipfExponent, "0 or more");
    require(meanPromptTokens >= 1, "prompt-tokens", meanPromptTokens, "1 or more");
    require(meanOutputTokens >= 1, "output-tokens", meanOutputTokens, "1 or more");
    require(disconnectShare >= 0 && disconnectShare <= 1, "disconnects", disconnectShare, "0 to 1");
  }

  /** The calls in order of time; {@code models} in order of popularity. */
  public List<PlannedCall> calls(List<String> models) {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    double[] cumulative = popularity(models.size());
    List<PlannedCall> calls = new ArrayList<>();
    double second = gap(random);
    while (second < durationSeconds) {
      String model = models.get(draw(cumulative, random.nextDouble()));
      int output = length(meanOutputTokens, random);
      boolean disconnects = random.nextDouble() < disconnectShare;
      int after = disconnects ? random.nextInt(output) : PlannedCall.NEVER;
      calls.add(
          new PlannedCall(
              model, Math.round(second * 1e9), length(meanPromptTokens, random), output, after));
      second += gap(random);
    }
    return calls;
  }

  private double[] popularity(int models) {
    double[] cumulative = new double[models];
    double sum = 0;
    for (int i = 0; i < models; i++) {
      sum += Math.pow(i + 1, -zipfExponent);
      cumulative[i] = sum;
    }
    for (int i = 0; i < models; i++) {
      cumulative[i] /= sum;
    }
    return cumulative;
  }

  private static int draw(double[] cumulative, double share) {
    int index = 0;
    while (index < cumulative.length - 1 && cumulative[index] <= share) {
      index++;
    }
    return index;
  }

  private double gap(RandomGenerator random) {
    return gamma(random) / burstiness / requestsPerSecond;
  }

  private static int length(double mean, RandomGenerator random) {
    return (int) Math.max(1, Math.round(random.nextExponential() * mean));
  }

  /** A gamma variate of shape {@code burstiness} and scale 1 (Marsaglia and Tsang 2000). */
  private double gamma(RandomGenerator random) {
    double shape = burstiness < 1 ? burstiness + 1 : burstiness;
    double d = shape - 1.0 / 3;
    double c = 1 / Math.sqrt(9 * d);
    while (true) {
      double normal = random.nextGaussian();
      double cube = Math.pow(1 + c * normal, 3);
      double uniform = random.nextDouble();
      if (cube > 0 && Math.log(uniform) < normal * normal / 2 + d - d * cube + d * Math.log(cube)) {
        double boost = burstiness < 1 ? Math.pow(random.nextDouble(), 1 / burstiness) : 1;
        return d * cube * boost;
      }
    }
  }

  static void require(boolean holds, String name, double value, String allowed) {
    if (!holds) {
      throw new IllegalArgumentException(name + " is " + value + "; allowed: " + allowed);
    }
  }
}
