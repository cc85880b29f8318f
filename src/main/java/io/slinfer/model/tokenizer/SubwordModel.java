package io.slinfer.model.tokenizer;

/** How a family of vocabularies turns text without special tokens into tokens. Immutable. */
sealed interface SubwordModel permits ByteLevelBpe, SentencePiece {

  /** Adds the tokens of {@code text[from, to)}: a whole text, or what lies between specials. */
  void encode(char[] text, int from, int to, TokenList out);

  /** The bytes that a normal token stands for, by its written form. */
  byte[] bytes(String written);

  /** Whether text is encoded with a space before it that decoding takes away again. */
  boolean addsSpaceBefore();
}
