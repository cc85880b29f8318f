package io.slinfer.memory;

/**
 * How much KV an instance gets: the paper's watermark scaling (slinfer-algorithm section 5).
 *
 * @param minimumTokens an instance with a request holds room for at least this many tokens
 * @param reserveTokens room beyond each request's tokens so far
 * @param watermark over-allocation when growing; shrinks when the wish falls below current /
 *     watermark
 */
public record KvSizing(int minimumTokens, int reserveTokens, double watermark) {

  /** The paper's constants. */
  public static final KvSizing PAPER = new KvSizing(4096, 512, 1.25);

  /** The least that an instance needs whose requests need {@code neededBlocks} with reserve. */
  public int minimumBlocks(int neededBlocks, int blockTokens) {
    return Math.max((minimumTokens + blockTokens - 1) / blockTokens, neededBlocks);
  }

  /** What a growing instance gets when {@code leftBlocks} more than its minimum would fit. */
  public int grownBlocks(int neededBlocks, int blockTokens, long leftBlocks) {
    int minimum = minimumBlocks(neededBlocks, blockTokens);
    return (int) Math.min(wishedBlocks(neededBlocks, blockTokens), minimum + leftBlocks);
  }

  /** The size to shrink to after a request has left, or the current one. */
  public int shrunkBlocks(int currentBlocks, int neededBlocks, int blockTokens) {
    int wished = neededBlocks == 0 ? 0 : wishedBlocks(neededBlocks, blockTokens);
    return wished < currentBlocks / watermark ? wished : currentBlocks;
  }

  private int wishedBlocks(int neededBlocks, int blockTokens) {
    return Math.max((int) Math.ceil(watermark * neededBlocks), minimumBlocks(0, blockTokens));
  }
}
