package io.slinfer.engine.emulated;

import io.slinfer.engine.LoadedModel;
import io.slinfer.engine.ModelSource;
import io.slinfer.engine.SequenceChunk;
import io.slinfer.kvcache.BlockTable;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** A loaded emulated model: its books, no memory. Confined to the engine's owner. */
final class EmulatedInstance {

  /** Blocks are counted by their owner, so there are not more than any instance could use. */
  private static final int MOST_BLOCKS = 1 << 20;

  private final EmulatedModel model;
  private final LoadedModel loaded;
  private final BitSet mapped = new BitSet();

  private boolean weightsDropped;

  /** Commands that came while it was loading; null once it is loaded. */
  private List<Runnable> waiting = new ArrayList<>();

  /**
   * @param kvAddressBytes what the device could give it at most
   */
  EmulatedInstance(EmulatedModel model, ModelSource source, long kvAddressBytes) {
    this.model = model;
    long blockBytes = Math.max(1, model.shape().kvBytesPerToken() * BlockTable.TOKENS_PER_BLOCK);
    long slabs = Math.max(1, kvAddressBytes / blockBytes);
    int limit = source.maxContextTokens();
    loaded =
        new LoadedModel(
            model.shape().weightBytes(),
            blockBytes,
            1,
            (int) Math.min(slabs, MOST_BLOCKS),
            limit == 0 ? model.contextTokens() : Math.min(limit, model.contextTokens()),
            model.words().vocabularySize());
  }

  /** Whether its weights have left while its KV stays. */
  void weightsDropped(boolean dropped) {
    weightsDropped = dropped;
  }

  /** Runs a command now, or once the model is loaded. */
  void whenLoaded(Runnable command) {
    if (waiting == null) {
      command.run();
    } else {
      waiting.add(command);
    }
  }

  /** The model is loaded: gives the commands that waited for it. */
  List<Runnable> loaded() {
    List<Runnable> commands = waiting;
    waiting = null;
    return commands;
  }

  EmulatedModel model() {
    return model;
  }

  LoadedModel loadedModel() {
    return loaded;
  }

  long kvBytes(int tokens) {
    return model.shape().kvBytesPerToken() * tokens;
  }

  long heldBytes() {
    return (weightsDropped ? 0 : loaded.weightBytes()) + mapped.cardinality() * loaded.slabBytes();
  }

  void map(int[] slabs) {
    for (int slab : slabs) {
      require(slab < loaded.maxSlabs() && !mapped.get(slab), "slab " + slab + " is mapped already");
      mapped.set(slab);
    }
  }

  void unmap(int[] slabs) {
    for (int slab : slabs) {
      require(mapped.get(slab), "slab " + slab + " is not mapped");
      mapped.clear(slab);
    }
  }

  /** Refuses a chunk that a real engine would write outside its memory. */
  void check(SequenceChunk chunk) {
    BlockTable blocks = chunk.sequence().blocks();
    int end = chunk.sequence().computed() + chunk.tokens();
    require(blocks.capacityTokens() >= end, "no room for the chunk of " + chunk.sequence().id());
    int last = blocks.block((end - 1) / BlockTable.TOKENS_PER_BLOCK);
    require(
        mapped.get(last / loaded.blocksPerSlab()), "block " + last + " lies in an unmapped slab");
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalStateException(message);
    }
  }
}
