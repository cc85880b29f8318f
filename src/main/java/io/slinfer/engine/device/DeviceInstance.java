package io.slinfer.engine.device;

import io.slinfer.engine.EngineEvent.SequenceOutput;
import io.slinfer.engine.KvImage;
import io.slinfer.engine.LoadedModel;
import io.slinfer.engine.Sequence;
import io.slinfer.engine.StepPlan;
import java.util.List;

/**
 * A loaded model. Made on the loader's thread, then used by one thread at a time: the step thread,
 * for memory work that of {@link Backend#movesMemoryBesideSteps}.
 */
public interface DeviceInstance extends AutoCloseable {

  LoadedModel loadedModel();

  /** Runs a plan; the outputs are in its order. */
  List<SequenceOutput> step(StepPlan plan);

  /**
   * Gives memory to slabs.
   *
   * @throws OutOfMemoryError if there is none; then none was mapped
   */
  void mapSlabs(int[] slabs);

  void unmapSlabs(int[] slabs);

  /** Copies out the keys and values of a sequence's computed tokens. */
  KvImage exportKv(Sequence sequence);

  /**
   * Copies an image into a sequence's blocks.
   *
   * @throws IllegalArgumentException if it is of another model or kind of engine
   */
  void importKv(Sequence sequence, KvImage image);

  /**
   * Frees the memory of the weights for a while, in which there is no step.
   *
   * @throws UnsupportedOperationException on a device whose KV leaves with the weights
   */
  default void dropWeights() {
    throw new UnsupportedOperationException("the weights of this device leave with the KV");
  }

  /**
   * Brings the weights back into memory.
   *
   * @throws UnsupportedOperationException on a device whose KV leaves with the weights
   */
  default void readWeights() {
    throw new UnsupportedOperationException("the weights of this device leave with the KV");
  }

  /** Frees everything. */
  @Override
  void close();
}
