package io.slinfer.scheduler;

import io.slinfer.request.RequestLife;

/**
 * Batches as vLLM 0.5 does without chunked prefill: waiting prompts first, whole, up to a token
 * budget; otherwise one token for every running request; when blocks run out the newest request
 * loses its cache and is computed again later.
 */
public record PrefillFirstBatching(WholePrompts prompts) implements Batching {

  /** The limits that the authors run vLLM with. */
  public static final PrefillFirstBatching VLLM =
      new PrefillFirstBatching(new WholePrompts(4096, 256, 0.01));

  @Override
  public boolean hasWork(Instance instance) {
    return !instance.running.isEmpty() || prompts.nextFits(instance);
  }

  @Override
  public boolean compose(Instance instance, Turn turn) {
    return prompts.compose(instance) || composeDecode(instance, turn);
  }

  private static boolean composeDecode(Instance instance, Turn turn) {
    StepBatch batch = instance.batch();
    batch.clear();
    for (int i = 0; i < instance.running.size(); i++) {
      RequestLife request = instance.running.get(i);
      int blocks = instance.device().blocksFor(request.totalTokens());
      boolean kept = true;
      while (kept && blocks > request.heldBlocks() && instance.freeBlocks() < 1) {
        kept = instance.dropNewest(turn.driver(), turn.listener()) != request;
      }
      if (kept) {
        instance.hold(request, blocks);
        batch.decode(request);
      }
    }
    return !batch.isEmpty();
  }
}
