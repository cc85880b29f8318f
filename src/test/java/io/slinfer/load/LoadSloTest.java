package io.slinfer.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class LoadSloTest {

  private static CallRecord record(double firstSeconds, double lastSeconds, int tokens) {
    long[] times = {Math.round(firstSeconds * 1e9), Math.round(lastSeconds * 1e9)};
    PlannedCall call = new PlannedCall("m", 0, 1024, tokens, PlannedCall.NEVER);
    return new CallRecord(
        call, 0, times, times[1], tokens, CallRecord.Outcome.COMPLETED, 200, false, "");
  }

  @Test
  void theDefaultLimitGrowsWithThePrompt() {
    assertTrue(LoadSlo.DEFAULT.met(record(1.99, 2.2, 2)));
    assertFalse(LoadSlo.DEFAULT.met(record(2.01, 2.2, 2)));
  }

  @Test
  void theTokenLimitIsOnTheMeanAfterTheFirst() {
    assertTrue(LoadSlo.DEFAULT.met(record(1, 1 + 0.249 * 10, 11)));
    assertFalse(LoadSlo.DEFAULT.met(record(1, 1 + 0.251 * 10, 11)));
  }

  @Test
  void readsLimitsInMilliseconds() {
    assertEquals(
        new LoadSlo(0.5, 0.1, Double.POSITIVE_INFINITY), LoadSlo.parse("ttft:500,tpot:100"));
    for (String bad : new String[] {"ttft", "x:1", "tpot:-1", ""}) {
      assertThrows(IllegalArgumentException.class, () -> LoadSlo.parse(bad), bad);
    }
  }
}
