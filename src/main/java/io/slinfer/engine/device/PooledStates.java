package io.slinfer.engine.device;

import io.slinfer.engine.Sequence;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.WeakHashMap;

/**
 * The hidden states of prompts that become embeddings, added up over the steps that compute them.
 * What a cancelled prompt leaves goes with its sequence. Confined to the engine's thread.
 */
public final class PooledStates {

  private final int hidden;
  private final Map<Sequence, Sum> sums = new WeakHashMap<>();

  private static final class Sum {
    private final double[] values;
    private int rows;

    Sum(int size) {
      values = new double[size];
    }
  }

  public PooledStates(int hidden) {
    this.hidden = hidden;
  }

  /** Adds the normalised state of one token; position 0 begins anew. */
  public void add(Sequence sequence, int position, MemorySegment state) {
    if (position == 0) {
      sums.remove(sequence);
    }
    Sum sum = sums.computeIfAbsent(sequence, first -> new Sum(hidden));
    for (int i = 0; i < hidden; i++) {
      sum.values[i] += state.getAtIndex(ValueLayout.JAVA_FLOAT, i);
    }
    sum.rows++;
  }

  /**
   * The mean of what was added.
   *
   * @throws IllegalStateException if some of the prompt's states are missing
   */
  public float[] take(Sequence sequence) {
    Sum sum = sums.remove(sequence);
    int rows = sum == null ? 0 : sum.rows;
    int needed =
        switch (sequence.sampling().pooling()) {
          case FIRST, LAST -> 1;
          case MEAN -> sequence.promptLength();
        };
    if (rows != needed) {
      throw new IllegalStateException(
          "the embedding of " + sequence.id() + " has " + rows + " states of " + needed);
    }
    float[] mean = new float[hidden];
    for (int i = 0; i < hidden; i++) {
      mean[i] = (float) (sum.values[i] / rows);
    }
    return mean;
  }
}
