package io.slinfer.trace;

import io.slinfer.trace.Trace.Arrival;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Makes traces that look like serverless LLM traffic: model popularity follows Zipf's law, each
 * model's calls come in bursts (a model is quiet or busy, each for exponentially distributed
 * times), lengths are log-normal. The same settings give the same trace.
 *
 * @param models how many models, the most popular first
 * @param durationSeconds how long requests arrive
 * @param requestsPerSecond mean rate over all models
 * @param zipfExponent 0 makes all models equally popular
 * @param busyShare the part of time in which a model gets its calls, above 0 to 1; 1 is Poisson
 * @param burstSeconds mean length of a busy time
 * @param prompt lengths of prompts
 * @param output lengths of outputs
 */
public record SyntheticTrace(
    int models,
    double durationSeconds,
    double requestsPerSecond,
    double zipfExponent,
    double busyShare,
    double burstSeconds,
    Lengths prompt,
    Lengths output,
    long seed) {

  /** The shape of the Azure conversation traffic, by its published means and percentiles. */
  public static SyntheticTrace conversation(
      int models, double durationSeconds, double requestsPerSecond, long seed) {
    return new SyntheticTrace(
        models,
        durationSeconds,
        requestsPerSecond,
        1.1,
        0.35,
        40,
        new Lengths(700, 0.9, 4000),
        new Lengths(140, 0.9, 1000),
        seed);
  }

  /**
   * A log-normal distribution of token counts.
   *
   * @param median the middle length
   * @param sigma standard deviation of the logarithm
   * @param most longer ones are cut to this
   */
  public record Lengths(double median, double sigma, int most) {

    public Lengths {
      require(
          median >= 1 && most >= 1 && sigma >= 0, "lengths", median + ", " + sigma + ", " + most);
    }

    int draw(SplittableRandom random) {
      double length = median * Math.exp(sigma * random.nextGaussian());
      return Math.clamp(Math.round(length), 1, most);
    }
  }

  public SyntheticTrace {
    require(models >= 1, "models", models);
    require(durationSeconds > 0, "duration", durationSeconds);
    require(requestsPerSecond > 0, "rate", requestsPerSecond);
    require(zipfExponent >= 0, "zipf", zipfExponent);
    require(busyShare > 0 && busyShare <= 1, "busy share", busyShare);
    require(burstSeconds > 0, "burst", burstSeconds);
  }

  /** The trace. */
  public Trace make() {
    SplittableRandom random = new SplittableRandom(seed);
    double sum = 0;
    for (int i = 0; i < models; i++) {
      sum += Math.pow(i + 1, -zipfExponent);
    }
    List<List<Arrival>> arrivals = new ArrayList<>();
    for (int i = 0; i < models; i++) {
      double rate = requestsPerSecond * Math.pow(i + 1, -zipfExponent) / sum;
      arrivals.add(arrivals(i, rate / busyShare, random.split()));
    }
    return new Trace(arrivals);
  }

  /** One model's requests: Poisson at {@code busyRate} while it is busy, none while it is quiet. */
  private List<Arrival> arrivals(int model, double busyRate, SplittableRandom random) {
    List<Arrival> arrivals = new ArrayList<>();
    double quietSeconds = burstSeconds * (1 - busyShare) / busyShare;
    boolean busy = random.nextDouble() < busyShare;
    double second = 0;
    while (second < durationSeconds) {
      double end = second + exponential(busy ? burstSeconds : quietSeconds, random);
      if (busy || busyShare == 1) {
        for (double at = second + exponential(1 / busyRate, random);
            at < Math.min(end, durationSeconds);
            at += exponential(1 / busyRate, random)) {
          long atNanos = Math.round(at * 1e9);
          arrivals.add(new Arrival(model, atNanos, prompt.draw(random), output.draw(random)));
        }
      }
      second = end;
      busy = !busy;
    }
    return arrivals;
  }

  private static double exponential(double mean, SplittableRandom random) {
    return -mean * Math.log1p(-random.nextDouble());
  }

  private static void require(boolean holds, String name, Object value) {
    if (!holds) {
      throw new IllegalArgumentException("synthetic trace: " + name + " is " + value);
    }
  }
}
