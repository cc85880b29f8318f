package io.slinfer.constraint;

import java.util.Arrays;

/**
 * Computes which tokens a state allows. What a rule allows by itself is found once per place in the
 * rule, by a walk over the whole trie, whoever called it; only for tokens in which the rule ends is
 * the caller asked, by walks over those subtrees (the idea of context-independent tokens: Dong et
 * al., "XGrammar", 2024). Both are kept, up to a bound on their memory. Safe for any thread.
 */
final class TokenMasks {

  private final Automaton automaton;
  private final TokenTrie trie;
  private final byte[] nodeClass;
  private final int words;
  private final long[] endTokens;

  // Guarded by this.
  private final State[] path;
  private int[] ends = new int[1024];
  private long cachedBytes;

  TokenMasks(Automaton automaton, TokenTrie trie) {
    this.automaton = automaton;
    this.trie = trie;
    Vocabulary vocabulary = trie.vocabulary();
    words = (vocabulary.size() + 63) / 64;
    path = new State[trie.maxDepth() + 1];
    endTokens = new long[words];
    for (int token = 0; token < vocabulary.size(); token++) {
      if (vocabulary.endsGeneration(token)) {
        endTokens[token >> 6] |= 1L << token;
      }
    }
    byte[] byteClass = automaton.byteClass();
    nodeClass = new byte[trie.nodes()];
    for (int node = 0; node < nodeClass.length; node++) {
      nodeClass[node] = byteClass[trie.value(node) & 0xFF];
    }
  }

  /** The state's mask, from the cache if it is known. */
  State.Mask mask(State state) {
    State.Mask known = state.mask;
    return known != null ? known : compute(state);
  }

  private synchronized State.Mask compute(State state) {
    long[] bits = new long[words];
    for (Frame caller : state.callers) {
      State seen = automaton.seenByRule(state, caller);
      State.RuleMask rule = ruleMask(seen);
      for (int i = 0; i < words; i++) {
        bits[i] |= rule.bits()[i];
      }
      if (caller != null && rule.ends().length > 0) {
        State after = automaton.afterReturnTo(caller);
        for (int node : rule.ends()) {
          walk(node, after, bits, false);
        }
      }
    }
    if (state.accepting) {
      for (int i = 0; i < words; i++) {
        bits[i] |= endTokens[i];
      }
    }
    State.Mask mask = new State.Mask(bits, onlyBit(bits));
    count(8L * words);
    state.mask = mask;
    return mask;
  }

  private State.RuleMask ruleMask(State seen) {
    if (seen.ruleMask == null) {
      long[] bits = new long[words];
      int count = walk(0, seen, bits, true);
      State.RuleMask found = new State.RuleMask(bits, Arrays.copyOf(ends, count));
      count(8L * words + 4L * count);
      seen.ruleMask = found;
      return found;
    }
    return seen.ruleMask;
  }

  /**
   * Adds the tokens below a node that a state allows.
   *
   * @param collectEnds note in {@link #ends} the nodes that have descendants and accept
   * @return the number of those nodes
   */
  private int walk(int from, State state, long[] bits, boolean collectEnds) {
    int count = 0;
    int end = trie.subtreeEnd(from);
    path[trie.depth(from)] = state;
    for (int node = from + 1; node < end; ) {
      int depth = trie.depth(node);
      State next = automaton.next(path[depth - 1], nodeClass[node] & 0xFF);
      if (next == State.DEAD) {
        node = trie.subtreeEnd(node);
        continue;
      }
      path[depth] = next;
      for (int token = trie.token(node); token >= 0; token = trie.sameBytes(token)) {
        bits[token >> 6] |= 1L << token;
      }
      if (collectEnds && next.accepting && trie.subtreeEnd(node) > node + 1) {
        if (count == ends.length) {
          ends = Arrays.copyOf(ends, 2 * count);
        }
        ends[count++] = node;
      }
      node++;
    }
    return count;
  }

  /** The one bit set, or -1 if there are none or more. */
  private static int onlyBit(long[] bits) {
    int only = -1;
    for (int i = 0; i < bits.length; i++) {
      if (bits[i] != 0) {
        if (only >= 0 || Long.bitCount(bits[i]) > 1) {
          return -1;
        }
        only = 64 * i + Long.numberOfTrailingZeros(bits[i]);
      }
    }
    return only;
  }

  private void count(long bytes) {
    cachedBytes += bytes;
    if (cachedBytes > TokenConstraint.MAX_MASK_BYTES) {
      automaton.forget();
      cachedBytes = 0;
    }
  }
}
