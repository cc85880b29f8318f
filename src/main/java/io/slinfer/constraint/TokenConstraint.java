package io.slinfer.constraint;

/**
 * A grammar compiled for a vocabulary: decides which tokens may continue an answer. Shared by all
 * sequences that use it; what one has found out serves the others. Safe for any thread.
 */
public final class TokenConstraint {

  /** What the token masks of one constraint may take before they are forgotten. */
  public static final long MAX_MASK_BYTES = 32L << 20;

  private final TokenTrie trie;
  private final Automaton automaton;
  private final TokenMasks masks;

  private TokenConstraint(Grammar grammar, TokenTrie trie) {
    this.trie = trie;
    automaton = new Automaton(ProgramCompiler.compile(grammar, trie), trie.maxDepth());
    masks = new TokenMasks(automaton, trie);
  }

  /**
   * Compiles a grammar. Characters that need a byte which no token writes alone are left out of it,
   * so that an answer can always be completed.
   *
   * @throws ConstraintException if the grammar is too large, left-recursive, or has no text
   */
  public static TokenConstraint compile(Grammar grammar, TokenTrie trie) {
    return new TokenConstraint(grammar, trie);
  }

  /** The constraint of one sequence, at the start of its answer. */
  public ConstraintState start() {
    return new ConstraintState(this);
  }

  TokenTrie trie() {
    return trie;
  }

  Automaton automaton() {
    return automaton;
  }

  TokenMasks masks() {
    return masks;
  }
}
