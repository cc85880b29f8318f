package io.slinfer.model.tokenizer;

import io.slinfer.model.gguf.GgufMetadata;
import java.util.Arrays;
import java.util.List;

/**
 * The tokens of a file: their written forms, kinds and ids with a role. Immutable.
 *
 * <p>Tokens that are known to end a generation are control tokens, whatever the file calls them.
 */
final class Vocabulary {

  private static final String PREFIX = "tokenizer.ggml.";

  private final GgufMetadata metadata;
  private final List<String> texts;
  private final TokenKind[] kinds;
  private final TokenIndex index;

  /**
   * Reads the vocabulary of a file.
   *
   * @throws VocabularyException if there is none or its lists differ in length
   */
  Vocabulary(GgufMetadata metadata) {
    this.metadata = metadata;
    texts = metadata.strings(PREFIX + "tokens").orElse(List.of());
    if (texts.isEmpty()) {
      throw new VocabularyException(PREFIX + "tokens", "is absent: the file has no vocabulary");
    }
    kinds = new TokenKind[texts.size()];
    Arrays.fill(kinds, TokenKind.NORMAL);
    metadata
        .integers(PREFIX + "token_type")
        .ifPresent(
            codes -> {
              requireOnePerToken("token_type", codes.length);
              Arrays.setAll(kinds, token -> TokenKind.ofCode(codes[token]));
            });
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

  /**
   * The id under {@code tokenizer.ggml.NAME_token_id}. One outside the vocabulary counts as absent:
   * files write -1 for none.
   */
  int idNamed(String name, int otherwise) {
    long id = metadata.integer(PREFIX + name + "_token_id").orElse(otherwise);
    return id >= 0 && id < texts.size() ? (int) id : -1;
  }

  /** The flag under {@code tokenizer.ggml.NAME}. */
  boolean flag(String name, boolean otherwise) {
    return metadata.bool(PREFIX + name).orElse(otherwise);
  }

  /** The scores of the tokens. */
  double[] scores() {
    double[] scores =
        metadata
            .numbers(PREFIX + "scores")
            .orElseThrow(() -> new VocabularyException(PREFIX + "scores", "is absent"));
    requireOnePerToken("scores", scores.length);
    return scores;
  }

  List<String> merges() {
    return metadata
        .strings(PREFIX + "merges")
        .orElseThrow(() -> new VocabularyException(PREFIX + "merges", "is absent"));
  }

  private void requireOnePerToken(String name, int length) {
    if (length < texts.size()) {
      throw new VocabularyException(
          PREFIX + name, length + " entries for " + texts.size() + " tokens");
    }
  }
}
