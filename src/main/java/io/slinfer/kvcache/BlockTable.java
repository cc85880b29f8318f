package io.slinfer.kvcache;

import java.util.Arrays;

/**
 * The KV blocks of one sequence, in token order: token {@code t} lives in block {@code block(t /
 * TOKENS_PER_BLOCK)} at row {@code t % TOKENS_PER_BLOCK}. Block ids are indices into the instance's
 * own KV address space; what bytes they stand for is the engine's business. Only the {@link
 * BlockPool} of the instance changes a table.
 *
 * <p>Confined to the device's owner; an engine only reads it during a step.
 */
public final class BlockTable {

  /** Tokens in a KV block, for every model and device. */
  public static final int TOKENS_PER_BLOCK = 16;

  private int[] blocks = new int[8];
  private int size;

  /** How many leading blocks the prefix index knows, and the serial of the last of them. */
  private int indexedBlocks;

  private long indexedSerial = PrefixIndex.root(0);

  /** How many blocks hold {@code tokens} tokens. */
  public static int blocksFor(int tokens) {
    return (tokens + TOKENS_PER_BLOCK - 1) / TOKENS_PER_BLOCK;
  }

  /** How many blocks the table holds. */
  public int size() {
    return size;
  }

  /** How many tokens the blocks have room for. */
  public int capacityTokens() {
    return size * TOKENS_PER_BLOCK;
  }

  /** The block id at {@code index}, 0 to size - 1. */
  public int block(int index) {
    assert index < size : index + " of " + size;
    return blocks[index];
  }

  /** Appends a block id. */
  public void add(int block) {
    if (size == blocks.length) {
      blocks = Arrays.copyOf(blocks, size * 2);
    }
    blocks[size++] = block;
  }

  /** Forgets all blocks; the caller has given them back. */
  public void clear() {
    size = 0;
    indexedBlocks = 0;
    indexedSerial = PrefixIndex.root(0);
  }

  /** Says after which serial the first block comes; the table is empty. */
  void startChain(long root) {
    indexedSerial = root;
  }

  int indexedBlocks() {
    return indexedBlocks;
  }

  long indexedSerial() {
    return indexedSerial;
  }

  void indexed(long serial) {
    indexedBlocks++;
    indexedSerial = serial;
  }
}
