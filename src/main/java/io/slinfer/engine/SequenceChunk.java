package io.slinfer.engine;

/**
 * One sequence's part in a step: its next {@code tokens} tokens from {@code sequence.computed()}
 * on. A chunk that reaches the end of the sequence ({@code tokens == sequence.pending()}) yields a
 * token.
 */
public record SequenceChunk(Sequence sequence, int tokens) {

  public SequenceChunk {
    assert tokens >= 1 && tokens <= sequence.pending() : tokens + " of " + sequence.pending();
  }

  /** Whether the step draws a token for this sequence. */
  public boolean yieldsToken() {
    return tokens == sequence.pending();
  }
}
