package io.slinfer.scheduler;

import io.slinfer.request.RequestLife;

/**
 * Batches whole prompts first, then one token for every running request; a request that lacks a
 * block sits out until KV has grown, nobody loses its cache.
 *
 * @param prefillTokens most prompt tokens in a step (one longer prompt may go alone)
 * @param sequences most running requests
 */
public record PagedBatching(int prefillTokens, int sequences) implements Batching {

  @Override
  public boolean hasWork(Instance instance) {
    return canDecode(instance)
        || (!instance.waiting.isEmpty() && fits(instance, instance.waiting.peekFirst()));
  }

  @Override
  public boolean compose(Instance instance, Turn turn) {
    return composePrefill(instance) || composeDecode(instance);
  }

  private boolean composePrefill(Instance instance) {
    StepBatch batch = instance.batch();
    batch.clear();
    while (!instance.waiting.isEmpty()) {
      RequestLife request = instance.waiting.peekFirst();
      int tokens = request.totalTokens();
      boolean tooMany = batch.promptTokens() > 0 && batch.promptTokens() + tokens > prefillTokens;
      if (tooMany || instance.running.size() >= sequences || !fits(instance, request)) {
        break;
      }
      instance.waiting.removeFirst();
      instance.running.add(request);
      instance.hold(request, instance.device().blocksFor(tokens));
      batch.prompt(request, tokens);
    }
    return !batch.isEmpty();
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

  private boolean fits(Instance instance, RequestLife request) {
    return instance.device().blocksFor(request.totalTokens()) <= instance.freeBlocks();
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
