package io.slinfer.model;

/**
 * Rotary position embedding with every scaling worked out: at position p, pair i of a head turns by
 * p x frequencies[i] and is multiplied by magnitude.
 *
 * @param dimensions how many numbers of a head turn, twice the number of pairs; even
 * @param interleaved pairs are (2i, 2i+1); else (i, i + dimensions/2)
 * @param frequencies radians a token, for each pair; never changed
 * @param longFrequencies the same for sequences of more than {@code shortTokens} tokens (longrope);
 *     {@code frequencies} itself where there is no difference
 * @param magnitude factor on cosines and sines (YaRN, longrope), 1 if none
 */
public record Rope(
    int dimensions,
    boolean interleaved,
    double[] frequencies,
    double[] longFrequencies,
    int shortTokens,
    double magnitude) {

  /** The frequencies for a sequence of {@code tokens} tokens. */
  public double[] frequenciesFor(int tokens) {
    return tokens > shortTokens ? longFrequencies : frequencies;
  }
}
