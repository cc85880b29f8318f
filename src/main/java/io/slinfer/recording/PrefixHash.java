package io.slinfer.recording;

import static io.slinfer.kvcache.BlockTable.TOKENS_PER_BLOCK;

/**
 * Stands for the tokens of one sequence: one number for all tokens up to the end of each KV block.
 * Sequences with equal beginnings have equal numbers, others do not, but for one chance in two
 * thousand million; with a secret start value the numbers tell nothing else of the tokens.
 */
final class PrefixHash {

  private static final long FACTOR = 0x9E3779B97F4A7C15L;
  private static final int UNUSED_BITS = 33;

  private long hash;
  private int length;

  PrefixHash(long secret) {
    hash = secret;
  }

  /** Takes the next token; true if it ends a block. */
  boolean add(int token) {
    hash = (hash ^ (hash >>> 29) ^ (token + 1L)) * FACTOR;
    return ++length % TOKENS_PER_BLOCK == 0;
  }

  /** The number of all tokens so far, 0 or more. */
  int number() {
    return (int) (hash >>> UNUSED_BITS);
  }
}
