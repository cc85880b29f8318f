package io.slinfer.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.bench.OverloadProof.Level;
import org.junit.jupiter.api.Test;

/** A short form of {@code scripts/prove-overload}, with room for a busy machine. */
final class OverloadProofTest {

  private static final int SECONDS = 5;

  /** The script asks for 0.9. */
  private static final double LEAST_PART_OF_PEAK = 0.6;

  /** The script shows 100. */
  private static final double MOST_MILLIS = 1_000;

  @Test
  void twiceTheCapacityCostsLittleOfWhatIsServedInTime() throws Exception {
    try (OverloadProof proof = new OverloadProof(64)) {
      proof.run(5, 2, 3);
      Level peak = proof.run(12, SECONDS, 1);
      Level over = proof.run(24, SECONDS, 2);
      String both = peak + "\n" + over;
      assertTrue(over.refused() > 0, both);
      assertTrue(over.goodput() >= LEAST_PART_OF_PEAK * peak.goodput(), both);
      assertEquals(0, over.broken(), both);
      assertTrue(over.mostLateMillis() < 2_000, both);
    }
  }

  @Test
  void whoFindsAFullQueueIsToldAtOnce() throws Exception {
    try (OverloadProof proof = new OverloadProof(4)) {
      proof.run(20, 3, 2);
      Level level = proof.run(30, 3, 1);
      assertTrue(level.atOnceMillis() < MOST_MILLIS, level.toString());
      assertEquals(0, level.broken(), level.toString());
    }
  }
}
