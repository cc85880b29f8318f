package io.slinfer.model.tokenizer;

import java.io.Serial;

/** A vocabulary that cannot be used: names the metadata key, its value and what is allowed. */
public final class VocabularyException extends IllegalArgumentException {

  @Serial private static final long serialVersionUID = 1;

  VocabularyException(String key, String reason) {
    super(key + ": " + reason);
  }
}
