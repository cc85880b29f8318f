package io.slinfer.engine.gpu;

import io.slinfer.kvcache.BlockTable;
import io.slinfer.model.Architecture;

/**
 * How the KV blocks of one model lie in pages. A block holds 16 tokens of all layers; a slab is so
 * many blocks that little of its pages is wasted.
 *
 * @param blockBytes how far apart blocks of one slab are
 * @param layerBytes how far apart the layers of a block are
 * @param slabBytes whole pages
 */
record KvLayout(long blockBytes, long layerBytes, int blocksPerSlab, long slabBytes) {

  private static final int ALIGNMENT = 256;
  private static final int MOST_BLOCKS_PER_SLAB = 64;
  private static final double LITTLE_WASTE = 0.04;

  static KvLayout of(Architecture architecture, long pageBytes) {
    long layerBytes =
        2L * Short.BYTES * BlockTable.TOKENS_PER_BLOCK * architecture.attention().kvWidth();
    long blockBytes = roundUp(layerBytes * architecture.layers().size(), ALIGNMENT);
    int most = (int) Math.max(MOST_BLOCKS_PER_SLAB, pageBytes / blockBytes);
    int best = 1;
    double least = 1;
    for (int blocks = 1; blocks <= most && least > LITTLE_WASTE; blocks++) {
      double waste = 1 - (double) blocks * blockBytes / roundUp(blocks * blockBytes, pageBytes);
      if (waste < least) {
        least = waste;
        best = blocks;
      }
    }
    return new KvLayout(blockBytes, layerBytes, best, roundUp(best * blockBytes, pageBytes));
  }

  /** What a block takes with its share of what is wasted. */
  long shareBytes() {
    return Math.ceilDiv(slabBytes, blocksPerSlab);
  }

  private static long roundUp(long bytes, long grain) {
    return Math.ceilDiv(bytes, grain) * grain;
  }
}
