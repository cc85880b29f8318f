package io.slinfer.kvcache;

/** The token ids of a sequence, by position. */
@FunctionalInterface
public interface Tokens {

  int token(int position);
}
