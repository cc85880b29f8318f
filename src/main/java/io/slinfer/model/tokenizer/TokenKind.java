package io.slinfer.model.tokenizer;

/** What a token is, by the codes of {@code tokenizer.ggml.token_type}. */
enum TokenKind {
  /** Code 0, and any code unknown to us: never shown. */
  UNDEFINED,
  NORMAL,
  /** Stands for text that the vocabulary cannot write. */
  UNKNOWN,
  /** Steers the model and is no text: BOS, EOS, role marks. */
  CONTROL,
  /** Found in text before anything else, and shown as written. */
  USER_DEFINED,
  UNUSED,
  /** One byte, written {@code <0xHH>}. */
  BYTE;

  private static final TokenKind[] BY_CODE = values();

  static TokenKind ofCode(long code) {
    return code > 0 && code < BY_CODE.length ? BY_CODE[(int) code] : UNDEFINED;
  }

  /** Whether text never turns into this token unless special tokens are parsed. */
  boolean isHidden() {
    return this == CONTROL || this == UNKNOWN;
  }
}
