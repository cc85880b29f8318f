package io.slinfer.kvcache;

import static io.slinfer.kvcache.BlockTable.TOKENS_PER_BLOCK;

import java.util.Arrays;
import java.util.BitSet;

/**
 * The KV blocks of one instance: which slabs of its address space hold memory, and who uses which
 * block. A block of a held slab is <em>free</em>, <em>cached</em> (nobody uses it, but the prefix
 * index can still find what it holds) or <em>used</em> by one or more sequences; free + cached +
 * used = held slabs x blocks per slab. Free blocks are given out lowest first, so that the highest
 * slabs empty and can go; cached ones when no free one is left, longest unused first, and the end
 * of a chain before its start.
 *
 * <p>Slabs take two steps each way, since the engine maps and unmaps them asynchronously: {@link
 * #planGrow} then {@link #grown} (or {@link #refused}), {@link #planShrink} then {@link #shrunk}.
 *
 * <p>Confined to the device's owner. Taking and giving back a block is O(1) but for the search of
 * the lowest free one, O(blocks / 64).
 */
public final class BlockPool {

  private enum SlabState {
    ABSENT,
    GROWING,
    HELD,
    SHRINKING
  }

  private static final int NONE = -1;

  private final int blocksPerSlab;
  private final SlabState[] slabs;
  private final int[] usedInSlab;
  private final int[] users;
  private final BitSet free = new BitSet();
  private final PrefixIndex index;
  private final CachedBlocks cached;
  private int heldSlabs;
  private int freeBlocks;
  private int usedBlocks;

  /**
   * @param blocksPerSlab consecutive block ids in a slab
   * @param maxSlabs slabs of the address space; all are absent at first
   */
  public BlockPool(int blocksPerSlab, int maxSlabs) {
    int blocks = Math.multiplyExact(blocksPerSlab, maxSlabs);
    this.blocksPerSlab = blocksPerSlab;
    this.slabs = new SlabState[maxSlabs];
    Arrays.fill(slabs, SlabState.ABSENT);
    this.usedInSlab = new int[maxSlabs];
    this.users = new int[blocks];
    this.index = new PrefixIndex(blocks);
    this.cached = new CachedBlocks(blocks);
  }

  public int blocksPerSlab() {
    return blocksPerSlab;
  }

  /** Slabs whose blocks can be used. */
  public int heldSlabs() {
    return heldSlabs;
  }

  public int maxSlabs() {
    return slabs.length;
  }

  /** Blocks that can be taken without growing: free and cached. */
  public int availableBlocks() {
    return freeBlocks + cached.size();
  }

  /** Blocks that hold something findable and that nobody uses. */
  public int cachedBlocks() {
    return cached.size();
  }

  /** Blocks in use by sequences, each counted once. */
  public int usedBlocks() {
    return usedBlocks;
  }

  // Sequences.

  /**
   * Takes the cached or used blocks that hold the leading tokens into an empty table.
   *
   * @param length how many tokens there are; at least the last one is never taken from the cache,
   *     so that the next step has something to compute
   * @param variant of the keys: blocks are shared by sequences of equal variants only; 0 or more
   * @return how many tokens are in the cache now, a multiple of 16
   */
  public int reusePrefix(BlockTable table, Tokens tokens, int length, int variant) {
    assert table.size() == 0;
    table.startChain(PrefixIndex.root(variant));
    int position = 0;
    while (position + TOKENS_PER_BLOCK < length) {
      PrefixIndex.Entry entry = index.find(table.indexedSerial(), tokens, position);
      if (entry == null) {
        break;
      }
      use(entry.block());
      table.add(entry.block());
      table.indexed(entry.serial());
      position += TOKENS_PER_BLOCK;
    }
    return position;
  }

  /**
   * Gives the table room for {@code tokens} tokens; false, and nothing changed, if there are too
   * few blocks.
   */
  public boolean reserve(BlockTable table, int tokens) {
    int wanted = BlockTable.blocksFor(tokens) - table.size();
    if (wanted > availableBlocks()) {
      return false;
    }
    for (int i = 0; i < wanted; i++) {
      table.add(take());
    }
    return true;
  }

  /**
   * Makes the table's full blocks findable, up to {@code computed} tokens whose keys and values are
   * in the cache.
   */
  public void index(BlockTable table, Tokens tokens, int computed) {
    int full = computed / TOKENS_PER_BLOCK;
    while (table.indexedBlocks() < full) {
      int i = table.indexedBlocks();
      PrefixIndex.Entry entry =
          index.add(table.block(i), table.indexedSerial(), tokens, i * TOKENS_PER_BLOCK);
      table.indexed(entry.serial());
    }
  }

  /** Nobody finds the table's blocks any more: what they hold is not to be trusted. */
  public void forget(BlockTable table) {
    for (int i = 0; i < table.size(); i++) {
      index.remove(table.block(i));
    }
  }

  /** Gives all blocks of a table back; what the index knows stays cached. */
  public void release(BlockTable table) {
    for (int i = table.size() - 1; i >= 0; i--) {
      giveBack(table.block(i));
    }
    table.clear();
  }

  // Slabs.

  /** Chooses up to {@code count} absent slabs, lowest first, for the engine to map. */
  public int[] planGrow(int count) {
    return choose(count, SlabState.ABSENT, SlabState.GROWING, false);
  }

  /** The engine has mapped the slabs that {@link #planGrow} chose. */
  public void grown(int[] mapped) {
    for (int slab : mapped) {
      move(slab, SlabState.GROWING, SlabState.HELD);
      free.set(slab * blocksPerSlab, (slab + 1) * blocksPerSlab);
      freeBlocks += blocksPerSlab;
      heldSlabs++;
    }
  }

  /** The engine could not map the slabs that {@link #planGrow} chose. */
  public void refused(int[] unmapped) {
    for (int slab : unmapped) {
      move(slab, SlabState.GROWING, SlabState.ABSENT);
    }
  }

  /**
   * Chooses up to {@code count} held slabs without a used block, highest first, for the engine to
   * unmap; what they cached is forgotten at once.
   */
  public int[] planShrink(int count) {
    int[] chosen = choose(count, SlabState.HELD, SlabState.SHRINKING, true);
    for (int slab : chosen) {
      for (int block = slab * blocksPerSlab; block < (slab + 1) * blocksPerSlab; block++) {
        if (free.get(block)) {
          free.clear(block);
          freeBlocks--;
        } else {
          cached.remove(block);
          index.remove(block);
        }
      }
      heldSlabs--;
    }
    return chosen;
  }

  /** The engine has unmapped the slabs that {@link #planShrink} chose. */
  public void shrunk(int[] unmapped) {
    for (int slab : unmapped) {
      move(slab, SlabState.SHRINKING, SlabState.ABSENT);
    }
  }

  /** How many held slabs have no used block. */
  public int idleSlabs() {
    int idle = 0;
    for (int slab = 0; slab < slabs.length; slab++) {
      idle += slabs[slab] == SlabState.HELD && usedInSlab[slab] == 0 ? 1 : 0;
    }
    return idle;
  }

  private int[] choose(int count, SlabState from, SlabState to, boolean highestFirst) {
    int[] chosen = new int[Math.min(count, slabs.length)];
    int size = 0;
    for (int i = 0; i < slabs.length && size < chosen.length; i++) {
      int slab = highestFirst ? slabs.length - 1 - i : i;
      if (slabs[slab] == from && usedInSlab[slab] == 0) {
        slabs[slab] = to;
        chosen[size++] = slab;
      }
    }
    return Arrays.copyOf(chosen, size);
  }

  private void move(int slab, SlabState from, SlabState to) {
    if (slabs[slab] != from) {
      throw new IllegalStateException("slab " + slab + " is " + slabs[slab] + ", not " + from);
    }
    slabs[slab] = to;
  }

  private int take() {
    int block = free.nextSetBit(0);
    if (block != NONE) {
      free.clear(block);
      freeBlocks--;
    } else {
      block = cached.removeOldest();
      index.remove(block);
    }
    startUse(block);
    return block;
  }

  private void use(int block) {
    if (users[block] > 0) {
      users[block]++;
    } else {
      cached.remove(block);
      startUse(block);
    }
  }

  private void startUse(int block) {
    users[block] = 1;
    usedBlocks++;
    usedInSlab[block / blocksPerSlab]++;
  }

  private void giveBack(int block) {
    assert users[block] > 0 : "block " + block + " is given back twice";
    if (--users[block] > 0) {
      return;
    }
    usedBlocks--;
    usedInSlab[block / blocksPerSlab]--;
    if (index.holds(block)) {
      cached.addNewest(block);
    } else {
      free.set(block);
      freeBlocks++;
    }
  }
}
