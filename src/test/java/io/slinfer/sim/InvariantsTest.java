package io.slinfer.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.slinfer.request.DeadlineRule;
import io.slinfer.request.ModelId;
import io.slinfer.request.RequestId;
import io.slinfer.request.RequestLife;
import io.slinfer.request.RequestState;
import io.slinfer.request.Slo;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Every check after every event of random small worlds, and the same bytes for the same seed. */
final class InvariantsTest {

  static final List<String> POLICIES = List.of(SmallWorlds.POLICIES);

  @ParameterizedTest(name = "{0} keeps every invariant in 200 random worlds")
  @FieldSource("POLICIES")
  void keepsEveryInvariant(String policy) {
    for (long seed = 1; seed <= 200; seed++) {
      SmallWorlds.checkedRun(seed, policy, false);
    }
  }

  @ParameterizedTest(name = "{0} keeps every invariant in 200 random worlds with faults")
  @FieldSource("POLICIES")
  void keepsEveryInvariantUnderFaults(String policy) {
    for (long seed = 1; seed <= 200; seed++) {
      SmallWorlds.checkedRun(seed, policy, true);
    }
  }

  @Tag("nightly")
  @ParameterizedTest(name = "{0} keeps every invariant in 10,000 random worlds")
  @FieldSource("POLICIES")
  void keepsEveryInvariantInManyWorlds(String policy) {
    for (long seed = 1_000; seed < 11_000; seed++) {
      SmallWorlds.checkedRun(seed, policy, false);
      SmallWorlds.checkedRun(seed, policy, true);
    }
  }

  @ParameterizedTest(name = "the same seed writes the same event log: {0}")
  @FieldSource("POLICIES")
  void theSameSeedWritesTheSameLog(String policy) {
    for (long seed = 1; seed <= 5; seed++) {
      String log = SmallWorlds.checkedRun(seed, policy, false);
      assertEquals(log, SmallWorlds.checkedRun(seed, policy, false), "seed " + seed);
      assertFalse(log.isEmpty());
    }
  }

  @Test
  void aSecondAnswerIsNoticed() {
    Invariants invariants = new Invariants(List.of(), false);
    RequestLife request = request();
    invariants.arrived(request);
    invariants.refused(request, "x");
    assertThrows(IllegalStateException.class, () -> invariants.finished(request));
  }

  @Test
  void aRequestWithoutAPlaceIsNoticed() {
    Invariants invariants = new Invariants(List.of(), false);
    RequestLife request = request();
    invariants.arrived(request);
    invariants.check();
    request.become(RequestState.PREFILLING);
    assertThrows(IllegalStateException.class, invariants::check);
  }

  @Test
  void aGapInTheTokensIsNoticed() {
    Invariants invariants = new Invariants(List.of(), false);
    RequestLife request = request();
    invariants.arrived(request);
    request.tokenAt(1);
    request.tokenAt(2);
    assertThrows(IllegalStateException.class, () -> invariants.token(request, null));
  }

  @Test
  void aRequestLeftOpenAfterItsDeadlineIsNoticed() {
    Invariants invariants = new Invariants(List.of(), false);
    RequestLife request = request();
    invariants.arrived(request);
    invariants.checkEnd(request.deadlineNanos());
    assertThrows(
        IllegalStateException.class, () -> invariants.checkEnd(request.deadlineNanos() + 1));
  }

  private static RequestLife request() {
    return new RequestLife(
        new RequestId("r"),
        new ModelId("m"),
        10,
        Slo.forPromptTokens(10),
        0,
        new DeadlineRule.FromArrival(1));
  }
}
