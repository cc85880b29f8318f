package io.slinfer.model.tokenizer;

/** Says which neighbouring symbols may merge, into what, and how soon. */
@FunctionalInterface
interface MergeRule {

  /** The answer for symbols that never merge; larger than any merge. */
  long NONE = Long.MAX_VALUE;

  /**
   * The merge of two neighbours.
   *
   * @param left the symbol on the left, {@code right} the one after it
   * @param from where the pair begins, in units of the sequence, {@code to} where it ends
   * @return {@code rank << 32 | symbol}, smaller ranks first, or {@link #NONE}
   */
  long merge(int left, int right, int from, int to);

  static long of(int rank, int symbol) {
    return (long) rank << 32 | symbol;
  }
}
