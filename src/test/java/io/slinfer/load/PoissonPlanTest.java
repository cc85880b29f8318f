package io.slinfer.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

final class PoissonPlanTest {

  private static final List<String> MODELS = List.of("a", "b", "c", "d");

  private static PoissonPlan plan(double burstiness, long seed) {
    return new PoissonPlan(20, 500, burstiness, 1, 100, 20, 0.1, seed);
  }

  @Test
  void theSameSeedGivesTheSamePlan() {
    assertEquals(plan(1, 7).calls(MODELS), plan(1, 7).calls(MODELS));
    assertNotEquals(plan(1, 7).calls(MODELS), plan(1, 8).calls(MODELS));
  }

  @Test
  void ratesLengthsAndSharesComeOutAsAsked() {
    List<PlannedCall> calls = plan(1, 1).calls(MODELS);
    assertEquals(10_000, calls.size(), 400);
    assertEquals(
        100, calls.stream().mapToInt(PlannedCall::promptTokens).average().orElseThrow(), 4);
    assertEquals(20, calls.stream().mapToInt(PlannedCall::outputTokens).average().orElseThrow(), 1);
    assertEquals(1000, calls.stream().filter(PlannedCall::disconnects).count(), 120);
    double firstShare =
        calls.stream().filter(call -> call.model().equals("a")).count() / (double) calls.size();
    assertEquals(1 / (1 + 1 / 2.0 + 1 / 3.0 + 1 / 4.0), firstShare, 0.02);
  }

  @Test
  void lowBurstinessMeansMoreVariableGaps() {
    assertEquals(1, gapVariation(1), 0.05);
    assertEquals(2, gapVariation(0.25), 0.15);
  }

  @Test
  void badFiguresAreNamed() {
    var failure =
        assertThrows(IllegalArgumentException.class, () -> new PoissonPlan(0, 1, 1, 1, 1, 1, 0, 1));
    assertTrue(failure.getMessage().contains("rate is 0"), failure.getMessage());
  }

  /** Standard deviation of the gaps over their mean. */
  private static double gapVariation(double burstiness) {
    List<PlannedCall> calls = plan(burstiness, 3).calls(MODELS);
    double[] gaps = new double[calls.size() - 1];
    for (int i = 0; i < gaps.length; i++) {
      gaps[i] = calls.get(i + 1).atNanos() - calls.get(i).atNanos();
    }
    Distribution distribution = new Distribution(java.util.Arrays.stream(gaps));
    return distribution.standardDeviation() / distribution.mean();
  }
}
