package io.slinfer.request;

/**
 * Says which tokens an answer may have, such as those of a grammar. Shared by all requests that
 * obey it; safe for any thread.
 */
public interface TokenRule {

  /** The start of an answer. */
  Progress start();

  /** How far one answer has come. Confined to the owner of its sequence. */
  interface Progress {

    /**
     * The tokens that may come next: bit {@code t & 63} of word {@code t >> 6}; at least one unless
     * {@link #isComplete}. Not to be changed.
     *
     * @throws IllegalStateException if it cannot be told; the message is fit for the caller
     */
    long[] allowed();

    /** Goes on by a token that is allowed. */
    void accept(int token);

    /** Whether nothing but the end may come next. */
    boolean isComplete();
  }
}
