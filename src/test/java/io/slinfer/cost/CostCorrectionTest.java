package io.slinfer.cost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.testing.RandomDevices;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

final class CostCorrectionTest {

  private static final long PREDICTED = 40_000_000;

  @Property(tries = 200)
  void learnsAnySteadyPaceAndForgetsItAgain(@ForAll long seed) {
    Random random = new Random(seed);
    InstanceCosts costs = RandomDevices.costs(random);
    CostCorrection correction = new CostCorrection();
    double pace = 0.6 + random.nextDouble() * 3.2;
    observe(correction, costs, pace, 300);
    assertEquals(pace, correction.deviceFactor(), 0.07);
    assertTrue(correction.predictionError() < 0.1, "error " + correction.predictionError());
    assertEquals(
        costs.prefillNanos(512) * pace,
        correction.corrected(costs).prefillNanos(512),
        0.12 * pace * costs.prefillNanos(512));
    observe(correction, costs, 1, 300);
    assertEquals(1, correction.deviceFactor(), 0.07);
  }

  @Test
  void refusalsOnAnIdleDeviceUndoWhatSlowStepsTaught() {
    InstanceCosts costs = RandomDevices.costs(new Random(3));
    CostCorrection correction = new CostCorrection();
    observe(correction, costs, 4, 300);
    for (int i = 0; i < 300; i++) {
      correction.doubt();
    }
    assertEquals(1, correction.deviceFactor(), 0.07);
    observe(correction, costs, 0.6, 300);
    assertFalse(correction.doubt());
  }

  @Property(tries = 200)
  void staysBoundedWhateverStepsTake(@ForAll long seed) {
    Random random = new Random(seed);
    InstanceCosts costs = RandomDevices.costs(random);
    CostCorrection correction = new CostCorrection();
    for (int i = 0; i < 500; i++) {
      long observed = (long) (PREDICTED * Math.exp(random.nextGaussian() * 3));
      double before = correction.deviceFactor();
      correction.observe(costs, PREDICTED, observed);
      double after = correction.deviceFactor();
      assertTrue(after >= 0.5 && after <= 4, "factor " + after);
      assertTrue(Math.abs(after - before) < 0.4, "one step moved it by " + (after - before));
    }
  }

  @Test
  void jitterChangesNothing() {
    InstanceCosts costs = RandomDevices.costs(new Random(1));
    CostCorrection correction = new CostCorrection();
    Random random = new Random(2);
    for (int i = 0; i < 10_000; i++) {
      assertFalse(correction.observe(costs, PREDICTED, PREDICTED + random.nextInt(50_000)));
    }
    assertSame(costs, correction.corrected(costs));
  }

  @Test
  void aModelWithoutStepsIsExpectedToBeAsSlowAsItsDevice() {
    InstanceCosts known = RandomDevices.costs(new Random(1));
    InstanceCosts unknown = RandomDevices.costs(new Random(2));
    CostCorrection correction = new CostCorrection();
    observe(correction, known, 2, 300);
    assertEquals(
        2.0 * unknown.decodeNanos(1000, 4),
        correction.corrected(unknown).decodeNanos(1000, 4),
        0.1 * unknown.decodeNanos(1000, 4));
  }

  private static void observe(CostCorrection to, InstanceCosts costs, double pace, int steps) {
    for (int i = 0; i < steps; i++) {
      to.observe(costs, PREDICTED, Math.round(PREDICTED * pace));
    }
  }
}
