package io.slinfer.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.trace.Trace;
import io.slinfer.trace.Trace.Arrival;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TracePlanTest {

  private static final long SECOND = 1_000_000_000;

  /** Two models in turn, one request a second for 100 s: 80 prompt and 5 output tokens. */
  private static Trace trace() {
    List<List<Arrival>> models = List.of(new ArrayList<>(), new ArrayList<>());
    for (int i = 0; i < 100; i++) {
      models.get(i % 2).add(new Arrival(i % 2, i * SECOND, 80, 5));
    }
    return new Trace(models);
  }

  private static TracePlan plan(double start, double duration, double rate, int divisor) {
    return new TracePlan(start, duration, rate, divisor, 0, 1);
  }

  @Test
  void replaysAtTheTracesOwnPaceFromWhereItIsTold() {
    List<PlannedCall> calls = plan(10, 5, 0, 1).calls(trace(), List.of("a", "b"));
    assertEquals(5, calls.size());
    assertEquals(new PlannedCall("a", 0, 80, 5, PlannedCall.NEVER), calls.getFirst());
    assertEquals(new PlannedCall("b", SECOND, 80, 5, PlannedCall.NEVER), calls.get(1));
  }

  @Test
  void aRateStretchesTimeAndADivisorShortensLengthsToOneTokenAtLeast() {
    List<PlannedCall> calls = plan(0, 10, 4, 8).calls(trace(), List.of("a", "b"));
    assertEquals(40, calls.size(), 1);
    assertEquals(10, calls.getFirst().promptTokens());
    assertEquals(1, calls.getFirst().outputTokens());
  }

  @Test
  void disconnectsAreRepeatableAndBeforeTheEnd() {
    TracePlan half = new TracePlan(0, 100, 0, 1, 0.5, 3);
    List<PlannedCall> calls = half.calls(trace(), List.of("a", "b"));
    assertEquals(calls, half.calls(trace(), List.of("a", "b")));
    long cut = calls.stream().filter(PlannedCall::disconnects).count();
    assertTrue(cut > 30 && cut < 70, cut + " of 100");
  }

  @Test
  void namesTheOptionThatIsWrong() {
    IllegalArgumentException failure =
        assertThrows(IllegalArgumentException.class, () -> plan(0, 1, 0, 0));
    assertEquals("length-divisor is 0.0; allowed: 1 or more", failure.getMessage());
  }
}
