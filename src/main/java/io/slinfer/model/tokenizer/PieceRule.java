package io.slinfer.model.tokenizer;

/**
 * One expression of a pre-tokenizer, as a matcher written by hand: linear in the text where a
 * backtracking engine need not be. Immutable.
 */
@FunctionalInterface
interface PieceRule {

  /**
   * The end of the match that begins at an index, or the index itself where none begins.
   *
   * @param text UTF-16 text, of which the rule sees only {@code [from, to)}
   */
  int end(char[] text, int from, int to);

  /** The next index where a match may begin, given that none begins at {@code from}. */
  default int retryAt(char[] text, int from, int to) {
    return Characters.after(text, from, to);
  }
}
