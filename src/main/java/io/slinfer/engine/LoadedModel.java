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
 * @param shortTokens sequences of more tokens have other rotary factors (longrope), so their keys
 *     are not those of shorter ones; Integer.MAX_VALUE if there is no difference
 */
public record LoadedModel(
    long weightBytes,
    long kvBlockBytes,
    int blocksPerSlab,
    int maxSlabs,
    int contextTokens,
    int vocabularySize,
    int shortTokens) {

  /** Of a model with one set of rotary factors. */
  public LoadedModel(
      long weightBytes,
      long kvBlockBytes,
      int blocksPerSlab,
      int maxSlabs,
      int contextTokens,
      int vocabularySize) {
    this(
        weightBytes,
        kvBlockBytes,
        blocksPerSlab,
        maxSlabs,
        contextTokens,
        vocabularySize,
        Integer.MAX_VALUE);
  }

  /** Which keys a sequence of that length has: only equal variants can share KV blocks. */
  public int keyVariant(int tokens) {
    return tokens > shortTokens ? 1 : 0;
  }

  /** Bytes of one slab. */
  public long slabBytes() {
    return Math.multiplyExact(kvBlockBytes, blocksPerSlab);
  }
}
