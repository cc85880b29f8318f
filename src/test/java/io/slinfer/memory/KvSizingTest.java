package io.slinfer.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

final class KvSizingTest {

  private static final KvSizing[] SIZINGS = {KvSizing.PAPER, new KvSizing(0, 64, 1.15)};

  @Property
  void growthGivesWhatIsNeededAndNoMoreThanThereIs(
      @ForAll @IntRange(max = 1) int which,
      @ForAll @IntRange(max = 20_000) int needed,
      @ForAll @IntRange(max = 20_000) int left) {
    KvSizing sizing = SIZINGS[which];
    int minimum = sizing.minimumBlocks(needed, 16);
    int grown = sizing.grownBlocks(needed, 16, left);
    assertTrue(grown >= needed, grown + " blocks, needed " + needed);
    assertTrue(grown >= minimum && grown <= minimum + left, grown + " blocks");
  }

  @Property
  void shrinkingKeepsWhatIsNeededAndIsNotRepeated(
      @ForAll @IntRange(max = 1) int which,
      @ForAll @IntRange(max = 20_000) int current,
      @ForAll @IntRange(max = 20_000) int needed) {
    KvSizing sizing = SIZINGS[which];
    int shrunk = sizing.shrunkBlocks(current, needed, 16);
    assertTrue(shrunk <= current, shrunk + " of " + current);
    assertTrue(shrunk >= Math.min(current, needed), shrunk + " blocks, needed " + needed);
    assertEquals(shrunk, sizing.shrunkBlocks(shrunk, needed, 16), "shrinks again at once");
  }

  @Property
  void aSizeJustGrownIsNotShrunk(
      @ForAll @IntRange(max = 1) int which, @ForAll @IntRange(min = 1, max = 20_000) int needed) {
    KvSizing sizing = SIZINGS[which];
    int grown = sizing.grownBlocks(needed, 16, 1_000_000);
    assertEquals(grown, sizing.shrunkBlocks(grown, needed, 16));
  }
}
