package io.slinfer.testing;

import io.slinfer.engine.Sequence;
import java.util.Random;

/** Logits of a model that knows nothing: normal, and decided by the seed and the position. */
final class RandomLogits {

  private RandomLogits() {}

  static float[] of(Sequence sequence, int vocabularySize) {
    Random random = new Random(sequence.sampling().seed() * 31 + sequence.length());
    float[] logits = new float[vocabularySize];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) random.nextGaussian();
    }
    return logits;
  }
}
