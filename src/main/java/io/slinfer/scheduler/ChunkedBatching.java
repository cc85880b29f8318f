package io.slinfer.scheduler;

import io.slinfer.request.RequestLife;
import io.slinfer.request.RequestState;

/**
 * Mixes one token for every running request with pieces of prompts. The pieces are as long as the
 * slack of others allows: neither a token of another instance nor one of its own shall be late for
 * a prompt. A request starts when its whole prompt has blocks; one that lacks a block later sits
 * out until KV has grown.
 *
 * @param mostTokens most prompt tokens in a step
 * @param leastTokens prompt tokens in a step however little slack there is
 * @param sequences most running requests
 * @param mostNanos how long the prompts of a step may take when nobody else waits: whoever comes
 *     next, or goes, waits for no more
 */
public record ChunkedBatching(int mostTokens, int leastTokens, int sequences, long mostNanos)
    implements Batching {

  @Override
  public boolean hasWork(Instance instance) {
    if (canStart(instance)) {
      return true;
    }
    for (int i = 0; i < instance.running.size(); i++) {
      RequestLife request = instance.running.get(i);
      if (missingBlocks(instance, request) <= instance.freeBlocks()) {
        return true;
      }
    }
    return false;
  }

  @Override
  public boolean compose(Instance instance, Turn turn) {
    StepBatch batch = instance.batch();
    batch.clear();
    addDecodes(instance);
    int room = mostTokens;
    long nanos =
        Math.min(
            mostNanos,
            Math.min(
                turn.spareNanos().getAsLong(),
                instance.sums(turn.nowNanos()).decodeSpareNanos(turn.nowNanos())));
    for (int i = 0; i < instance.running.size() && room > 0; i++) {
      RequestLife request = instance.running.get(i);
      if (request.state() == RequestState.PREFILLING) {
        int chunk = chunk(instance, request, room, nanos);
        nanos -= addPrompt(instance, request, chunk);
        room = nanos > 0 ? room - chunk : 0;
      }
    }
    while (room > 0 && canStart(instance)) {
      RequestLife request = instance.waiting.removeFirst();
      instance.running.add(request);
      instance.hold(request, instance.device().blocksFor(request.totalTokens()));
      request.computedTokens(turn.driver().reusePrefix(instance, request));
      int chunk = chunk(instance, request, room, nanos);
      nanos -= addPrompt(instance, request, chunk);
      room = nanos > 0 ? room - chunk : 0;
    }
    return !batch.isEmpty();
  }

  private static void addDecodes(Instance instance) {
    for (int i = 0; i < instance.running.size(); i++) {
      RequestLife request = instance.running.get(i);
      if (request.state() == RequestState.DECODING) {
        int missing = missingBlocks(instance, request);
        if (missing <= instance.freeBlocks()) {
          instance.hold(request, request.heldBlocks() + missing);
          instance.batch().decode(request);
        }
      }
    }
  }

  private static int missingBlocks(Instance instance, RequestLife request) {
    int blocks = instance.device().blocksFor(request.totalTokens());
    return Math.max(0, blocks - request.heldBlocks());
  }

  private boolean canStart(Instance instance) {
    return !instance.waiting.isEmpty()
        && instance.running.size() < sequences
        && missingBlocks(instance, instance.waiting.peekFirst()) <= instance.freeBlocks();
  }

  private static long addPrompt(Instance instance, RequestLife request, int chunk) {
    instance.batch().prompt(request, chunk);
    return promptNanos(instance, request, chunk);
  }

  /** The longest piece that fits the time, halved until it does. */
  private int chunk(Instance instance, RequestLife request, int room, long nanos) {
    int left = request.totalTokens() - request.computedTokens();
    int chunk = Math.min(left, room);
    while (chunk > leastTokens && promptNanos(instance, request, chunk) > nanos) {
      chunk = Math.max(leastTokens, chunk / 2);
    }
    return chunk;
  }

  /** What a piece adds to the part of the prompt before it. */
  private static long promptNanos(Instance instance, RequestLife request, int chunk) {
    int computed = request.computedTokens();
    long upTo = instance.expected.prefillNanos(computed + chunk);
    return computed == 0 ? upTo : Math.max(0, upTo - instance.expected.prefillNanos(computed));
  }
}
