package io.slinfer.config;

import java.util.List;

/**
 * A key that callers may present.
 *
 * @param name who it was given to, for fair share and logs
 * @param sha256 lower-case hexadecimal SHA-256 of the key's UTF-8 text; the key itself is not kept
 * @param models the model ids it may call; empty means all
 * @param priority of its requests that say none
 * @param firstMillis time to the first token that its requests ask for; 0: the usual
 * @param tokenMillis time for each further token; 0: the usual
 */
public record ApiKey(
    String name,
    String sha256,
    List<String> models,
    int priority,
    long firstMillis,
    long tokenMillis) {

  /** What {@code sha256} must look like. */
  static final String SHA256_FORM =
      "64 hexadecimal digits, as printed by: printf %s KEY | sha256sum";

  /** Whether a text can be {@code sha256}. */
  static boolean isSha256(String text) {
    return text.matches("[0-9a-f]{64}");
  }

  public ApiKey {
    models = List.copyOf(models);
  }

  /** Whether this key may call a model. */
  public boolean mayCall(String model) {
    return models.isEmpty() || models.contains(model);
  }
}
