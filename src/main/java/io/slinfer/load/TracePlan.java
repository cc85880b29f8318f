package io.slinfer.load;

import io.slinfer.trace.Trace;
import io.slinfer.trace.Trace.Arrival;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A recorded trace as calls: its models are dealt to the targets in order.
 *
 * @param startSeconds where in the trace the replay begins
 * @param durationSeconds how long it is, in the replay's time
 * @param requestsPerSecond mean arrival rate: the trace is played faster or slower to meet it; 0
 *     keeps its own pace
 * @param lengthDivisor prompts and outputs are this many times shorter, at least one token
 * @param disconnectShare share of calls that hang up at a random token, 0 to 1
 */
public record TracePlan(
    double startSeconds,
    double durationSeconds,
    double requestsPerSecond,
    int lengthDivisor,
    double disconnectShare,
    long seed) {

  public TracePlan {
    PoissonPlan.require(startSeconds >= 0, "trace-start", startSeconds, "0 or more");
    PoissonPlan.require(durationSeconds > 0, "duration", durationSeconds, "above 0");
    PoissonPlan.require(requestsPerSecond >= 0, "rate", requestsPerSecond, "0 or more");
    PoissonPlan.require(lengthDivisor >= 1, "length-divisor", lengthDivisor, "1 or more");
    PoissonPlan.require(
        disconnectShare >= 0 && disconnectShare <= 1, "disconnects", disconnectShare, "0 to 1");
  }

  /**
   * The calls in order of time.
   *
   * @param targets one for each model that is taken from the trace
   */
  public List<PlannedCall> calls(Trace trace, List<String> targets) {
    List<Arrival> all = trace.select(targets.size(), Long.MAX_VALUE);
    List<Integer> models = all.stream().map(Arrival::model).distinct().sorted().toList();
    long startNanos = Math.round(startSeconds * 1e9);
    List<Arrival> later =
        all.stream().filter(arrival -> arrival.arrivalNanos() >= startNanos).toList();
    double speed = requestsPerSecond == 0 ? 1 : requestsPerSecond / ownRate(later, startNanos);
    SplittableRandom random = new SplittableRandom(seed);
    List<PlannedCall> calls = new ArrayList<>();
    for (Arrival arrival : later) {
      long atNanos = Math.round((arrival.arrivalNanos() - startNanos) / speed);
      if (atNanos >= durationSeconds * 1e9) {
        break;
      }
      int output = Math.max(1, arrival.outputTokens() / lengthDivisor);
      boolean disconnects = random.nextDouble() < disconnectShare;
      calls.add(
          new PlannedCall(
              targets.get(models.indexOf(arrival.model())),
              atNanos,
              Math.max(1, arrival.promptTokens() / lengthDivisor),
              output,
              disconnects ? random.nextInt(output) : PlannedCall.NEVER));
    }
    return calls;
  }

  /** Mean requests a second of what is left of the trace. */
  private static double ownRate(List<Arrival> arrivals, long startNanos) {
    if (arrivals.isEmpty()) {
      throw new IllegalArgumentException("the trace has no request after trace-start");
    }
    double seconds = (arrivals.getLast().arrivalNanos() - startNanos) / 1e9;
    return arrivals.size() / Math.max(seconds, 1e-3);
  }
}
