package io.slinfer.engine.device;

import io.slinfer.engine.Sequence;

/**
 * Sees logits as a step computes them: for tests and the command line. Called on the engine's
 * thread.
 */
public interface LogitsObserver {

  /** Wants nothing. */
  LogitsObserver NONE =
      new LogitsObserver() {
        @Override
        public boolean wants(Sequence sequence, int position) {
          return false;
        }

        @Override
        public void onLogits(Sequence sequence, int position, float[] logits) {
          // Nothing was asked for.
        }
      };

  /** Whether the logits after the token at {@code position} are to be computed and shown. */
  boolean wants(Sequence sequence, int position);

  /**
   * @param logits what the model says of the token at {@code position + 1}; valid during the call
   */
  void onLogits(Sequence sequence, int position, float[] logits);
}
