package io.slinfer.constraint;

/** What a constraint needs to know of a tokenizer. Must be safe for any thread. */
public interface Vocabulary {

  /** Tokens have the ids 0 to size - 1. */
  int size();

  /**
   * The bytes that the token adds to an answer, often not whole UTF-8; of a control token its
   * written form, such as {@code [TOOL_CALLS]}. A token of no bytes is never allowed.
   */
  byte[] piece(int token);

  /** Whether the token ends a generation: it is allowed exactly where the grammar may end. */
  boolean endsGeneration(int token);

  /** Whether the token is no text: it is allowed only where a grammar asks for that marker. */
  boolean control(int token);
}
