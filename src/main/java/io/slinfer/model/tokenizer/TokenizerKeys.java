package io.slinfer.model.tokenizer;

import io.slinfer.model.gguf.GgufMetadata;
import java.util.List;
import java.util.Optional;

/**
 * The keys {@code tokenizer.ggml.*} of a file. Only needed while a tokenizer is made: the lists of
 * a large vocabulary take tens of megabytes.
 */
record TokenizerKeys(GgufMetadata metadata) {

  private static final String PREFIX = "tokenizer.ggml.";

  /** The written forms of the tokens; never empty. */
  List<String> tokens() {
    List<String> tokens = metadata.strings(PREFIX + "tokens").orElse(List.of());
    if (tokens.isEmpty()) {
      throw new VocabularyException(PREFIX + "tokens", "is absent: the file has no vocabulary");
    }
    return tokens;
  }

  /** The codes of the tokens' kinds, if the file has them. */
  Optional<long[]> kinds(int tokenCount) {
    Optional<long[]> codes = metadata.integers(PREFIX + "token_type");
    codes.ifPresent(list -> requireOnePerToken("token_type", list.length, tokenCount));
    return codes;
  }

  double[] scores(int tokenCount) {
    double[] scores =
        metadata
            .numbers(PREFIX + "scores")
            .orElseThrow(() -> new VocabularyException(PREFIX + "scores", "is absent"));
    requireOnePerToken("scores", scores.length, tokenCount);
    return scores;
  }

  List<String> merges() {
    return metadata
        .strings(PREFIX + "merges")
        .orElseThrow(() -> new VocabularyException(PREFIX + "merges", "is absent"));
  }

  /**
   * The id under {@code tokenizer.ggml.ROLE_token_id}, or -1. One outside the vocabulary counts as
   * absent: files write -1 for none.
   */
  int id(String role, int otherwise, int tokenCount) {
    long id = metadata.integer(PREFIX + role + "_token_id").orElse(otherwise);
    return id >= 0 && id < tokenCount ? (int) id : -1;
  }

  /** The flag under {@code tokenizer.ggml.NAME}. */
  boolean flag(String name, boolean otherwise) {
    return metadata.bool(PREFIX + name).orElse(otherwise);
  }

  private static void requireOnePerToken(String name, int length, int tokenCount) {
    if (length < tokenCount) {
      throw new VocabularyException(
          PREFIX + name, length + " entries for " + tokenCount + " tokens");
    }
  }
}
