package io.slinfer.model.tokenizer;

import java.util.function.IntPredicate;

/** Turns text into a model's token ids and back. Immutable; safe for any thread. */
public interface Tokenizer {

  /**
   * The ids of a text.
   *
   * @param addSpecial add BOS and EOS as the model says
   * @param parseSpecial read special tokens written out in the text as their ids; otherwise they
   *     are ordinary text
   */
  int[] encode(String text, boolean addSpecial, boolean parseSpecial);

  /**
   * The bytes of a token as it appears in text; often not whole UTF-8. Empty for control tokens
   * unless {@code special}.
   */
  byte[] piece(int token, boolean special);

  /**
   * The bytes of a whole answer, with what the model does to its start (SentencePiece drops the
   * first space).
   */
  byte[] decode(int[] tokens, boolean special);

  /** A decoder of one stream of tokens: emits text as soon as its characters are complete. */
  default TokenStream stream() {
    return stream(token -> false);
  }

  /**
   * As {@link #stream()}, with some control tokens in their written form.
   *
   * @param shown which control tokens
   */
  TokenStream stream(IntPredicate shown);

  int vocabularySize();

  /** Whether the token ends a generation (EOS, EOT, EOM as the file says). */
  boolean endsGeneration(int token);

  /** The id, or -1 if the vocabulary has none. */
  int beginOfSequence();

  /** The id, or -1 if the vocabulary has none. */
  int endOfSequence();

  /** The written form of a token in the vocabulary, such as {@code <|im_end|>}; "" for id -1. */
  String written(int token);

  /** Decodes one stream of tokens without ever emitting half a character. Confined to its user. */
  interface TokenStream {

    /**
     * Text that the token completes: empty while a character is incomplete, U+FFFD for maximal
     * invalid parts.
     */
    String next(int token);

    /** What is left at the end: U+FFFD for an incomplete character, else empty. */
    String end();
  }
}
