package io.slinfer.scheduler;

import io.slinfer.request.RequestLife;

/**
 * Steps of whole waiting prompts, in order, up to a token budget.
 *
 * @param mostTokens most prompt tokens in a step (one longer prompt may go alone)
 * @param mostSequences most running requests
 * @param spareBlocks blocks that a prompt must leave free, as a part of the instance's size at its
 *     start
 */
record WholePrompts(int mostTokens, int mostSequences, double spareBlocks) {

  /** Whether the first waiting prompt has the blocks it needs. */
  boolean nextFits(Instance instance) {
    return !instance.waiting.isEmpty() && fits(instance, instance.waiting.peekFirst());
  }

  /** Fills the instance's batch with prompts and takes their blocks; false if none fits. */
  boolean compose(Instance instance) {
    StepBatch batch = instance.batch();
    batch.clear();
    while (nextFits(instance)) {
      RequestLife request = instance.waiting.peekFirst();
      int tokens = request.totalTokens();
      boolean tooMany = batch.promptTokens() > 0 && batch.promptTokens() + tokens > mostTokens;
      if (tooMany || instance.running.size() >= mostSequences) {
        break;
      }
      instance.waiting.removeFirst();
      instance.running.add(request);
      instance.hold(request, instance.device().blocksFor(tokens));
      batch.prompt(request, tokens);
    }
    return !batch.isEmpty();
  }

  private boolean fits(Instance instance, RequestLife request) {
    int spare = (int) (spareBlocks * instance.startBlocks);
    return instance.freeBlocks() - instance.device().blocksFor(request.totalTokens()) >= spare;
  }
}
