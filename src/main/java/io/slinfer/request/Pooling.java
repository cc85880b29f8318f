package io.slinfer.request;

/** Which hidden states of a prompt make its embedding. */
public enum Pooling {
  /** The first token's. */
  FIRST,
  /** The last token's. */
  LAST,
  /** The mean of all tokens'. */
  MEAN;

  /** Whether states of tokens before the last matter, so that none may be skipped. */
  public boolean needsWholePrompt() {
    return this != LAST;
  }

  /** Whether a token's state matters. */
  public boolean takes(int position, int promptLength) {
    return switch (this) {
      case FIRST -> position == 0;
      case LAST -> position == promptLength - 1;
      case MEAN -> true;
    };
  }
}
