package io.slinfer.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/**
 * Every placement policy in worlds that nobody chose: what it decides can be carried out, nothing
 * is promised twice, and all invariants hold, with and without faults. The seed is fixed: {@code
 * scripts/nightly} looks for new worlds.
 */
final class PolicyPropertiesTest {

  @Property(tries = 150, seed = "2026")
  void decisionsCanBeCarriedOut(
      @ForAll long seed, @ForAll @IntRange(max = 4) int policy, @ForAll boolean faulty) {
    SmallWorlds.checkedRun(seed, SmallWorlds.POLICIES[policy], faulty);
  }

  @Property(tries = 10, seed = "2026")
  void theSameWorldGivesTheSameEventsWithFaultsToo(
      @ForAll long seed, @ForAll @IntRange(max = 4) int policy) {
    String name = SmallWorlds.POLICIES[policy];
    assertEquals(
        SmallWorlds.checkedRun(seed, name, true), SmallWorlds.checkedRun(seed, name, true));
  }
}
