package io.slinfer.model.tokenizer;

import java.util.Arrays;
import java.util.List;

/**
 * The tokens of a file: their written forms and kinds. Tokens that are known to end a generation
 * are control tokens, whatever the file calls them. Immutable.
 */
final class Vocabulary {

  private final List<String> texts;
  private final TokenKind[] kinds;
  private final TokenIndex index;

  /**
   * Reads the vocabulary of a file.
   *
   * @throws VocabularyException if there is none or its lists differ in length
   */
  Vocabulary(TokenizerKeys keys) {
    texts = keys.tokens();
    kinds = new TokenKind[texts.size()];
    Arrays.fill(kinds, TokenKind.NORMAL);
    keys.kinds(texts.size())
        .ifPresent(codes -> Arrays.setAll(kinds, token -> TokenKind.ofCode(codes[token])));
    index = new TokenIndex(texts, token -> true);
    for (String name : EndTokens.NAMES) {
      int token = index.find(name);
      if (token >= 0) {
        kinds[token] = TokenKind.CONTROL;
      }
    }
  }

  int size() {
    return texts.size();
  }

  List<String> texts() {
    return texts;
  }

  String text(int token) {
    return texts.get(token);
  }

  TokenKind kind(int token) {
    return kinds[token];
  }

  /** Finds tokens of every kind. */
  TokenIndex index() {
    return index;
  }
}
