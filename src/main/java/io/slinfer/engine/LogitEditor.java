package io.slinfer.engine;

import io.slinfer.request.LogitChanges;
import java.util.Map;

/**
 * Applies penalties and bias to a copy of a sequence's logits. O(vocabulary + tokens of the
 * sequence). Confined to its sampler; reuses its buffers.
 */
final class LogitEditor {

  private float[] changed = new float[0];

  /** How often the answer has a token; all 0 between calls. */
  private int[] answered = new int[0];

  /** Whether the repetition penalty was applied to a token; all false between calls. */
  private boolean[] repeated = new boolean[0];

  /** The changed logits, valid until the next call. */
  float[] changed(float[] logits, LogitChanges changes, Sequence sequence) {
    if (changed.length != logits.length) {
      changed = new float[logits.length];
      answered = new int[logits.length];
      repeated = new boolean[logits.length];
    }
    System.arraycopy(logits, 0, changed, 0, logits.length);
    if (changes.penalizes()) {
      penalize(changes, sequence);
    }
    for (Map.Entry<Integer, Double> bias : changes.bias().entrySet()) {
      int token = bias.getKey();
      if (token >= 0 && token < changed.length) {
        changed[token] += bias.getValue().floatValue();
      }
    }
    return changed;
  }

  private void penalize(LogitChanges changes, Sequence sequence) {
    if (changes.repetition() != 1) {
      for (int i = 0; i < sequence.length(); i++) {
        repeat(sequence.token(i), (float) changes.repetition());
      }
      for (int i = 0; i < sequence.length(); i++) {
        repeated[sequence.token(i)] = false;
      }
    }
    for (int i = sequence.promptLength(); i < sequence.length(); i++) {
      answered[sequence.token(i)]++;
    }
    for (int i = sequence.promptLength(); i < sequence.length(); i++) {
      int token = sequence.token(i);
      if (answered[token] > 0) {
        changed[token] -= (float) (changes.presence() + changes.frequency() * answered[token]);
        answered[token] = 0;
      }
    }
  }

  private void repeat(int token, float penalty) {
    if (!repeated[token]) {
      repeated[token] = true;
      changed[token] = changed[token] > 0 ? changed[token] / penalty : changed[token] * penalty;
    }
  }
}
