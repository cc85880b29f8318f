package io.slinfer.model.tokenizer;

import java.util.Arrays;

/** Token ids being collected. Confined to one call. */
final class TokenList {

  private int[] tokens;
  private int size;

  TokenList(int capacity) {
    tokens = new int[Math.max(16, capacity)];
  }

  void add(int token) {
    ensureRoom(1);
    tokens[size++] = token;
  }

  void addAll(int[] more) {
    ensureRoom(more.length);
    System.arraycopy(more, 0, tokens, size, more.length);
    size += more.length;
  }

  int size() {
    return size;
  }

  /** The tokens from an index on. */
  int[] from(int start) {
    return Arrays.copyOfRange(tokens, start, size);
  }

  int[] toArray() {
    return from(0);
  }

  private void ensureRoom(int more) {
    if (tokens.length - size < more) {
      tokens = Arrays.copyOf(tokens, Math.max(size + more, tokens.length + tokens.length / 2));
    }
  }
}
