package io.slinfer.model.tokenizer;

/**
 * The merge loop of byte-pair encoding (Sennrich et al. 2016): as long as two neighbours may merge,
 * the pair with the smallest rank does, the leftmost first among equals. Short sequences are
 * scanned for the best pair, long ones keep a heap, so the cost is O(n log n). Holds the scratch
 * memory of one encoding; confined to it.
 */
final class PairMerging {

  /** Up to here a scan beats the heap. */
  private static final int SCANNED_UNITS = 24;

  private static final int END = -1;

  private int[] symbols = new int[64];
  private int[] next = new int[64];
  private int[] previous = new int[64];

  /** The merge of the symbol at an index with the one after it. */
  private long[] pairs = new long[64];

  private int units;
  private int last;
  private MergeRule rule;

  /** Starts a sequence of at most so many units. */
  void begin(int atMostUnits) {
    if (symbols.length < atMostUnits) {
      int capacity = Math.max(atMostUnits, symbols.length * 2);
      symbols = new int[capacity];
      next = new int[capacity];
      previous = new int[capacity];
      pairs = new long[capacity];
    }
    units = 0;
    last = END;
  }

  /** Appends a symbol that is so many units long. */
  void append(int symbol, int length) {
    symbols[units] = symbol;
    previous[units] = last;
    if (last != END) {
      next[last] = units;
    }
    last = units;
    units += length;
    next[last] = END;
  }

  /** Merges until nothing merges; then {@link #first} and {@link #after} walk the result. */
  void run(MergeRule mergeRule) {
    rule = mergeRule;
    for (int at = first(); at != END; at = next[at]) {
      pairs[at] = pairAt(at);
    }
    if (units <= SCANNED_UNITS) {
      mergeByScan();
    } else {
      mergeByHeap();
    }
  }

  /** Where the first symbol begins, or -1. */
  int first() {
    return units == 0 ? END : 0;
  }

  /** Where the symbol after the one that begins at an index begins, or -1. */
  int after(int at) {
    return next[at];
  }

  /** Where the symbol that begins at an index ends. */
  int end(int at) {
    return next[at] == END ? units : next[at];
  }

  int symbol(int at) {
    return symbols[at];
  }

  private void mergeByScan() {
    while (true) {
      int best = END;
      int bestRank = Integer.MAX_VALUE;
      for (int at = first(); at != END; at = next[at]) {
        int rank = rank(pairs[at]);
        if (rank < bestRank) {
          best = at;
          bestRank = rank;
        }
      }
      if (best == END) {
        return;
      }
      merge(best);
    }
  }

  private void mergeByHeap() {
    LongHeap queue = new LongHeap();
    for (int at = first(); at != END; at = next[at]) {
      offer(queue, at);
    }
    while (!queue.isEmpty()) {
      long entry = queue.poll();
      int at = (int) entry;
      if (rank(pairs[at]) != (int) (entry >>> 32)) {
        continue; // one of the two has merged otherwise since
      }
      merge(at);
      offer(queue, at);
      if (previous[at] != END) {
        offer(queue, previous[at]);
      }
    }
  }

  private void offer(LongHeap queue, int at) {
    if (pairs[at] != MergeRule.NONE) {
      queue.add((long) rank(pairs[at]) << 32 | at);
    }
  }

  private void merge(int at) {
    int gone = next[at];
    symbols[at] = (int) pairs[at];
    next[at] = next[gone];
    if (next[gone] != END) {
      previous[next[gone]] = at;
    }
    pairs[gone] = MergeRule.NONE;
    pairs[at] = pairAt(at);
    int before = previous[at];
    if (before != END) {
      pairs[before] = pairAt(before);
    }
  }

  private long pairAt(int at) {
    int right = next[at];
    return right == END ? MergeRule.NONE : rule.merge(symbols[at], symbols[right], at, end(right));
  }

  private static int rank(long pair) {
    return (int) (pair >>> 32);
  }
}
