package io.slinfer.constraint;

/**
 * How far one sequence has come in its grammar. After every {@link #accept} at least one token is
 * allowed until the answer has ended. Confined to the sequence's owner.
 */
public final class ConstraintState {

  private final TokenConstraint constraint;
  private State state;
  private boolean ended;

  ConstraintState(TokenConstraint constraint) {
    this.constraint = constraint;
    state = constraint.automaton().start();
  }

  /**
   * The allowed tokens: bit {@code t & 63} of word {@code t >> 6}. Those that end a generation are
   * among them exactly where the grammar may end. Shared with other sequences: read only. A lookup
   * if this or another sequence was here before, else microseconds to milliseconds.
   *
   * @throws ConstraintException if the grammar turns out to be too ambiguous to follow
   */
  public long[] allowedTokens() {
    requireNotEnded();
    return constraint.masks().mask(state).bits();
  }

  /** The token, if just one is allowed (so there is nothing to sample); otherwise -1. */
  public int onlyToken() {
    requireNotEnded();
    return constraint.masks().mask(state).only();
  }

  /** Whether the token may come next. Costs a walk over its bytes, no mask. */
  public boolean allows(int token) {
    requireNotEnded();
    if (constraint.trie().vocabulary().endsGeneration(token)) {
      return state.accepting;
    }
    byte[] path = constraint.trie().pathTo(token);
    return path.length > 0 && after(path) != State.DEAD;
  }

  /**
   * Goes on by one token.
   *
   * @throws IllegalArgumentException if the token is not allowed here; nothing has changed then
   */
  public void accept(int token) {
    requireNotEnded();
    boolean ends = constraint.trie().vocabulary().endsGeneration(token);
    byte[] path = constraint.trie().pathTo(token);
    State next = ends || path.length == 0 ? State.DEAD : after(path);
    if (ends ? !state.accepting : next == State.DEAD) {
      throw new IllegalArgumentException("token " + token + " is not allowed here");
    }
    if (ends) {
      ended = true;
    } else {
      state = next;
    }
  }

  private State after(byte[] bytes) {
    byte[] byteClass = constraint.automaton().byteClass();
    State at = state;
    for (int i = 0; i < bytes.length && at != State.DEAD; i++) {
      at = constraint.automaton().next(at, byteClass[bytes[i] & 0xFF] & 0xFF);
    }
    return at;
  }

  /** Whether what has been accepted is a whole text of the grammar. */
  public boolean mayEnd() {
    return ended || state.accepting;
  }

  /** Whether nothing but the end may come next. */
  public boolean mustEnd() {
    return ended || state.instructions.length == 0;
  }

  /** Whether a token that ends the generation has been accepted. */
  public boolean ended() {
    return ended;
  }

  private void requireNotEnded() {
    if (ended) {
      throw new IllegalStateException("the answer has ended");
    }
  }
}
