package io.slinfer.scheduler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.request.ModelId;
import org.junit.jupiter.api.Test;

final class DemandTest {

  private static final long SECOND = 1_000_000_000L;
  private static final ModelId MODEL = new ModelId("m");

  private final Demand demand = new Demand(120 * SECOND, 15 * SECOND);

  @Test
  void knowsNothingOfModelsThatWereNeverAskedFor() {
    assertEquals(0, demand.perSecond(MODEL, 5 * SECOND));
  }

  @Test
  void oneArrivalIsNoBurst() {
    demand.arrived(MODEL, 0);
    assertEquals(1 / 120.0, demand.perSecond(MODEL, 0), 1e-12);
  }

  @Test
  void aBurstShowsWithinSecondsAndIsForgottenWithinAMinute() {
    for (int i = 0; i < 10; i++) {
      demand.arrived(MODEL, i * SECOND / 2);
    }
    assertTrue(demand.perSecond(MODEL, 5 * SECOND) > 0.3, "during the burst");
    double after = demand.perSecond(MODEL, 65 * SECOND);
    assertTrue(after < 0.06 && after > 0.03, "a minute later: " + after);
  }

  @Test
  void aSteadyRateIsFoundByTheLongWindow() {
    long nowNanos = 0;
    for (int i = 0; i < 300; i++) {
      nowNanos += 4 * SECOND;
      demand.arrived(MODEL, nowNanos);
    }
    assertEquals(0.25, demand.perSecond(MODEL, nowNanos), 0.03);
  }
}
