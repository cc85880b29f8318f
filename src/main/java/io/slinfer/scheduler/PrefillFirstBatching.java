package io.slinfer.scheduler;

import io.slinfer.request.RequestLife;
import io.slinfer.request.RequestState;

/**
 * Batches as vLLM 0.5 does without chunked prefill: waiting prompts first, whole, up to a token
 * budget; otherwise one token for every running request; when blocks run out the newest request
 * loses its cache and is computed again later.
 *
 * @param prefillTokens most prompt tokens in a step (one longer prompt may go alone)
 * @param sequences most running requests
 * @param spareBlocks blocks that admitting a prompt must leave free, as a part of the size at the
 *     instance's start
 */
public record PrefillFirstBatching(int prefillTokens, int sequences, double spareBlocks)
    implements Batching {

  /** The limits that the authors run vLLM with. */
  public static final PrefillFirstBatching VLLM = new PrefillFirstBatching(4096, 256, 0.01);

  @Override
  public boolean hasWork(Instance instance) {
    return !instance.running.isEmpty()
        || (!instance.waiting.isEmpty() && fits(instance, instance.waiting.peekFirst()));
  }

  @Override
  public boolean compose(Instance instance, Turn turn) {
    return composePrefill(instance) || composeDecode(instance, turn);
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

  private boolean fits(Instance instance, RequestLife request) {
    int spare = (int) (spareBlocks * instance.startBlocks);
    return instance.freeBlocks() - instance.device().blocksFor(request.totalTokens()) >= spare;
  }

  private static boolean composeDecode(Instance instance, Turn turn) {
    StepBatch batch = instance.batch();
    batch.clear();
    for (int i = 0; i < instance.running.size(); i++) {
      RequestLife request = instance.running.get(i);
      int blocks = instance.device().blocksFor(request.totalTokens());
      boolean kept = true;
      while (kept && blocks > request.heldBlocks() && instance.freeBlocks() < 1) {
        kept = dropNewest(instance, turn) != request;
      }
      if (kept) {
        instance.hold(request, blocks);
        batch.decode(request);
      }
    }
    return !batch.isEmpty();
  }

  private static RequestLife dropNewest(Instance instance, Turn turn) {
    RequestLife newest = instance.running.removeLast();
    instance.hold(newest, 0);
    turn.driver().freed(instance, newest);
    newest.computedTokens(0);
    newest.become(RequestState.PREFILLING);
    instance.waiting.addFirst(newest);
    turn.listener().recomputed(newest, instance);
    return newest;
  }
}
