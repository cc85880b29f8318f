package io.slinfer.config;

/**
 * Models that exist as numbers only, for emulated devices.
 *
 * @param name the models are NAME-000, NAME-001 and so on; a single one is NAME
 * @param profile their latency profile, such as {@code llama-2-7b}
 * @param count how many
 * @param contextTokens longest prompt and answer together
 * @param answerTokens mean length of an answer that the caller does not end; 0 ends none
 */
public record EmulatedModelSettings(
    String name, String profile, int count, int contextTokens, int answerTokens) {

  static EmulatedModelSettings read(String name, Section section) {
    EmulatedModelSettings settings =
        new EmulatedModelSettings(
            name,
            section.text("profile", name),
            section.integer("count", 1, 1, 10_000),
            section.integer("context-tokens", 4_096, 16, 1 << 24),
            section.integer("answer-tokens", 200, 0, 1 << 20));
    section.end();
    return settings;
  }
}
