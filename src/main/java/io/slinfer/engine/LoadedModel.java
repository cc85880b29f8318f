package io.slinfer.engine;

/**
 * What an engine says of a model it has loaded.
 *
 * @param weightBytes bytes that the weights hold on the device
 * @param kvBlockBytes bytes of one KV block ({@link io.slinfer.kvcache.BlockTable#TOKENS_PER_BLOCK}
 *     tokens, all layers)
 * @param blocksPerSlab how many consecutive block ids one slab covers, the grain of grow and shrink
 * @param maxSlabs how many slabs the instance's KV address space has
 * @param contextTokens longest sequence the model can hold
 * @param vocabularySize number of logits
 */
public record LoadedModel(
    long weightBytes,
    long kvBlockBytes,
    int blocksPerSlab,
    int maxSlabs,
    int contextTokens,
    int vocabularySize) {

  /** Bytes of one slab. */
  public long slabBytes() {
    return Math.multiplyExact(kvBlockBytes, blocksPerSlab);
  }
}
