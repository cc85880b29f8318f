package io.slinfer.kvcache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

final class BlockPoolTest {

  private static BlockPool grownPool(int blocksPerSlab, int slabs) {
    BlockPool pool = new BlockPool(blocksPerSlab, slabs);
    pool.grown(pool.planGrow(slabs));
    return pool;
  }

  @Test
  void refusesWhenThereAreTooFewBlocksAndChangesNothing() {
    BlockPool pool = grownPool(2, 2);
    BlockTable table = new BlockTable();
    assertFalse(pool.reserve(table, 65));
    assertEquals(0, table.size());
    assertTrue(pool.reserve(table, 64));
    assertEquals(4, table.size());
    assertEquals(0, pool.availableBlocks());
  }

  @Test
  void reusesTheLeadingBlocksOfAnEarlierSequence() {
    BlockPool pool = grownPool(8, 1);
    BlockTable first = sequence(pool, position -> position, 40);
    BlockTable second = new BlockTable();
    assertEquals(32, pool.reusePrefix(second, position -> position, 40, 0));
    assertEquals(first.block(0), second.block(0));
    assertEquals(first.block(1), second.block(1));
    assertEquals(3, pool.usedBlocks());
  }

  @Test
  void sequencesOfAnotherKeyVariantHaveChainsOfTheirOwn() {
    BlockPool pool = grownPool(8, 1);
    sequence(pool, position -> position, 40);
    BlockTable longer = new BlockTable();
    assertEquals(0, pool.reusePrefix(longer, position -> position, 40, 1));
    assertTrue(pool.reserve(longer, 40));
    pool.index(longer, position -> position, 40);
    BlockTable alsoLonger = new BlockTable();
    assertEquals(32, pool.reusePrefix(alsoLonger, position -> position, 40, 1));
    assertEquals(longer.block(1), alsoLonger.block(1));
  }

  @Test
  void whatIsForgottenIsFoundByNobody() {
    BlockPool pool = grownPool(8, 1);
    BlockTable table = sequence(pool, position -> position, 40);
    pool.forget(table);
    assertEquals(0, pool.reusePrefix(new BlockTable(), position -> position, 40, 0));
    pool.release(table);
    assertEquals(0, pool.cachedBlocks());
    assertEquals(8, pool.availableBlocks());
  }

  @Test
  void neverReusesTheWholePrompt() {
    BlockPool pool = grownPool(8, 1);
    sequence(pool, position -> position, 32);
    assertEquals(16, pool.reusePrefix(new BlockTable(), position -> position, 32, 0));
  }

  @Test
  void doesNotMixUpEqualBlocksAfterDifferentBeginnings() {
    BlockPool pool = grownPool(8, 1);
    sequence(pool, position -> position < 16 ? 1 : 7, 33);
    BlockTable other = new BlockTable();
    assertEquals(0, pool.reusePrefix(other, position -> position < 16 ? 2 : 7, 33, 0));
  }

  @Test
  void keepsWhatWasReleasedUntilTheRoomIsNeeded() {
    BlockPool pool = grownPool(4, 1);
    BlockTable first = sequence(pool, position -> position, 32);
    pool.release(first);
    assertEquals(2, pool.cachedBlocks());
    BlockTable big = new BlockTable();
    assertTrue(pool.reserve(big, 48));
    assertEquals(1, pool.cachedBlocks());
    BlockTable again = new BlockTable();
    assertEquals(
        16,
        pool.reusePrefix(again, position -> position, 40, 0),
        "the chain's start is kept longest");
  }

  @Test
  void shrinksOnlySlabsThatNobodyUsesHighestFirst() {
    BlockPool pool = grownPool(2, 3);
    BlockTable table = new BlockTable();
    assertTrue(pool.reserve(table, 16));
    assertArrayEquals(new int[] {2, 1}, pool.planShrink(3));
    assertEquals(1, pool.heldSlabs());
    assertEquals(1, pool.availableBlocks());
  }

  @Test
  void aRefusedGrowCanBeTriedAgain() {
    BlockPool pool = new BlockPool(2, 2);
    int[] wanted = pool.planGrow(1);
    assertEquals(0, pool.availableBlocks());
    pool.refused(wanted);
    assertArrayEquals(wanted, pool.planGrow(1));
  }

  @Test
  void twoSequencesThatComputeTheSamePrefixShareOneIndexEntry() {
    BlockPool pool = grownPool(8, 1);
    BlockTable first = sequence(pool, position -> position, 48);
    BlockTable second = new BlockTable();
    assertTrue(pool.reserve(second, 48));
    pool.index(second, position -> position, 48);
    assertNotEquals(first.block(0), second.block(0));
    pool.release(first);
    pool.release(second);
    assertEquals(3, pool.cachedBlocks());
    assertEquals(8, pool.availableBlocks());
  }

  @Property(tries = 300)
  void randomUseKeepsTheAccountsAndNeverServesWrongContent(@ForAll long seed) {
    Random random = new Random(seed);
    BlockPool pool = new BlockPool(1 + random.nextInt(4), 6);
    Map<Integer, String> content = new HashMap<>();
    List<BlockTable> live = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      switch (random.nextInt(5)) {
        case 0 -> pool.grown(pool.planGrow(1));
        case 1 -> pool.shrunk(pool.planShrink(1 + random.nextInt(2)));
        case 2 -> {
          if (!live.isEmpty()) {
            pool.release(live.remove(random.nextInt(live.size())));
          }
        }
        default -> admit(pool, random, content, live);
      }
      int distinct = (int) live.stream().flatMapToInt(BlockPoolTest::blocks).distinct().count();
      assertEquals(distinct, pool.usedBlocks());
      assertEquals(
          pool.heldSlabs() * pool.blocksPerSlab(), pool.availableBlocks() + pool.usedBlocks());
    }
  }

  /** Runs one sequence and checks that each reused block holds what it should. */
  private static void admit(
      BlockPool pool, Random random, Map<Integer, String> content, List<BlockTable> live) {
    int variant = random.nextInt(3);
    int fork = random.nextInt(4) * 16;
    int length = 1 + random.nextInt(70);
    Tokens tokens = position -> position < fork ? 5 : 100 * variant + position;
    BlockTable table = new BlockTable();
    int reused = pool.reusePrefix(table, tokens, length, 0);
    for (int i = 0; i < reused / 16; i++) {
      assertEquals(prefix(tokens, (i + 1) * 16), content.get(table.block(i)));
    }
    if (!pool.reserve(table, length)) {
      pool.release(table);
      return;
    }
    for (int i = reused / 16; i < table.size(); i++) {
      content.put(table.block(i), prefix(tokens, (i + 1) * 16));
    }
    pool.index(table, tokens, length);
    live.add(table);
  }

  private static BlockTable sequence(BlockPool pool, Tokens tokens, int length) {
    BlockTable table = new BlockTable();
    assertTrue(pool.reserve(table, length));
    pool.index(table, tokens, length);
    return table;
  }

  private static String prefix(Tokens tokens, int length) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append(tokens.token(i)).append(' ');
    }
    return text.toString();
  }

  private static java.util.stream.IntStream blocks(BlockTable table) {
    return java.util.stream.IntStream.range(0, table.size()).map(table::block);
  }
}
