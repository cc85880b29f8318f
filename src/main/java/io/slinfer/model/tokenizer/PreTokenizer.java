package io.slinfer.model.tokenizer;

import java.util.List;

/**
 * Splits text into the pieces that byte-pair encoding works on, none of which a token crosses. Each
 * rule in turn splits the pieces of the one before it into its matches and what lies between them.
 * Immutable.
 */
record PreTokenizer(List<PieceRule> rules) {

  /** Takes the pieces, in order; together they are the text. */
  @FunctionalInterface
  interface Sink {
    void piece(int from, int to);
  }

  PreTokenizer {
    rules = List.copyOf(rules);
  }

  void split(char[] text, int from, int to, Sink sink) {
    split(0, text, from, to, sink);
  }

  private void split(int depth, char[] text, int from, int to, Sink sink) {
    if (depth == rules.size()) {
      sink.piece(from, to);
      return;
    }
    PieceRule rule = rules.get(depth);
    int at = from;
    while (at < to) {
      int end = rule.end(text, at, to);
      if (end == at) {
        end = endOfGap(rule, text, at, to);
      }
      split(depth + 1, text, at, end, sink);
      at = end;
    }
  }

  private static int endOfGap(PieceRule rule, char[] text, int from, int to) {
    int at = rule.retryAt(text, from, to);
    while (at < to && rule.end(text, at, to) == at) {
      at = rule.retryAt(text, at, to);
    }
    return at;
  }
}
