package io.slinfer.scheduler;

import io.slinfer.request.RequestLife;

/**
 * Batches whole prompts first, then one token for every running request; a request that lacks a
 * block sits out until KV has grown, nobody loses its cache.
 */
public record PagedBatching(WholePrompts prompts) implements Batching {

  /**
   * @param prefillTokens most prompt tokens in a step (one longer prompt may go alone)
   * @param sequences most running requests
   */
  public PagedBatching(int prefillTokens, int sequences) {
    this(new WholePrompts(prefillTokens, sequences, 0));
  }

  @Override
  public boolean hasWork(Instance instance) {
    return canDecode(instance) || prompts.nextFits(instance);
  }

  @Override
  public boolean compose(Instance instance, Turn turn) {
    return prompts.compose(instance) || composeDecode(instance);
  }

  private static boolean canDecode(Instance instance) {
    if (instance.freeBlocks() > 0) {
      return !instance.running.isEmpty();
    }
    for (int i = 0; i < instance.running.size(); i++) {
      RequestLife request = instance.running.get(i);
      if (instance.device().blocksFor(request.totalTokens()) <= request.heldBlocks()) {
        return true;
      }
    }
    return false;
  }

  private static boolean composeDecode(Instance instance) {
    StepBatch batch = instance.batch();
    batch.clear();
    for (int i = 0; i < instance.running.size(); i++) {
      RequestLife request = instance.running.get(i);
      int blocks = instance.device().blocksFor(request.totalTokens());
      if (blocks - request.heldBlocks() <= instance.freeBlocks()) {
        instance.hold(request, blocks);
        batch.decode(request);
      }
    }
    return !batch.isEmpty();
  }
}
