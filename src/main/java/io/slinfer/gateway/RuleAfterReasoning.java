package io.slinfer.gateway;

import io.slinfer.model.tokenizer.Tokenizer;
import io.slinfer.request.TokenRule;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A rule for what follows the reasoning: up to and with the closing marker everything is allowed
 * but the end.
 *
 * @param close the marker's written form
 */
record RuleAfterReasoning(TokenRule rule, Tokenizer tokenizer, String close) implements TokenRule {

  @Override
  public Progress start() {
    return new Reasoning();
  }

  /** Confined to its sequence's owner. */
  private final class Reasoning implements Progress {

    private final byte[] marker = close.getBytes(StandardCharsets.UTF_8);

    /** The last bytes, as many as the marker has. */
    private byte[] tail = {};

    private long[] anything;
    private Progress answer;

    @Override
    public long[] allowed() {
      return answer == null ? anything() : answer.allowed();
    }

    @Override
    public void accept(int token) {
      if (answer != null) {
        answer.accept(token);
        return;
      }
      byte[] piece = tokenizer.piece(token, true);
      byte[] joined = Arrays.copyOf(tail, tail.length + piece.length);
      System.arraycopy(piece, 0, joined, tail.length, piece.length);
      if (contains(joined)) {
        answer = rule.start();
      }
      tail = Arrays.copyOfRange(joined, Math.max(0, joined.length - marker.length), joined.length);
    }

    @Override
    public boolean isComplete() {
      return answer != null && answer.isComplete();
    }

    private boolean contains(byte[] bytes) {
      for (int i = 0; i + marker.length <= bytes.length; i++) {
        if (Arrays.equals(bytes, i, i + marker.length, marker, 0, marker.length)) {
          return true;
        }
      }
      return false;
    }

    private long[] anything() {
      if (anything == null) {
        int size = tokenizer.vocabularySize();
        anything = new long[(size + 63) / 64];
        for (int token = 0; token < size; token++) {
          if (!tokenizer.endsGeneration(token) && tokenizer.piece(token, true).length > 0) {
            anything[token >> 6] |= 1L << token;
          }
        }
      }
      return anything;
    }
  }
}
