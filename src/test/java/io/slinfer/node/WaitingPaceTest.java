package io.slinfer.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class WaitingPaceTest {

  private static final long START_NANOS = -5_000_000_000L;

  private final WaitingPace pace = new WaitingPace();
  private long nowNanos = START_NANOS;

  @Test
  void isTheTimePassedBeforeAnythingWasSeen() {
    pace.waitingBegins(nowNanos);
    assertEquals(0, pace.millisFor(1, nowNanos));
    nowNanos += TimeUnit.MILLISECONDS.toNanos(200);
    assertEquals(200, pace.millisFor(1, nowNanos), 10);
  }

  @Test
  void followsASteadyPace() {
    pace.waitingBegins(nowNanos);
    freeEvery(2_500, 40);
    assertEquals(2_500, pace.millisFor(1, nowNanos), 400);
    freeEvery(50, 2_000);
    assertEquals(50, pace.millisFor(1, nowNanos), 2);
    assertEquals(500, pace.millisFor(10, nowNanos), 20);
  }

  @Test
  void growsToAMinuteWhileNothingStarts() {
    pace.waitingBegins(nowNanos);
    freeEvery(1_000, 10);
    nowNanos += TimeUnit.SECONDS.toNanos(10);
    long afterTenSeconds = pace.millisFor(1, nowNanos);
    assertTrue(afterTenSeconds > 2_000 && afterTenSeconds < 10_000, () -> "" + afterTenSeconds);
    nowNanos += TimeUnit.HOURS.toNanos(10);
    assertEquals(60_000, pace.millisFor(1, nowNanos));
  }

  @Test
  void doesNotCountTheTimeInWhichNothingWaits() {
    pace.waitingBegins(nowNanos);
    freeEvery(100, 200);
    long before = pace.millisFor(1, nowNanos);
    nowNanos += TimeUnit.HOURS.toNanos(1);
    pace.waitingBegins(nowNanos);
    assertEquals(before, pace.millisFor(1, nowNanos));
  }

  private void freeEvery(long millis, int times) {
    for (int i = 0; i < times; i++) {
      nowNanos += TimeUnit.MILLISECONDS.toNanos(millis);
      pace.placeFreed(nowNanos);
    }
  }
}
