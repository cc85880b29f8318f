package io.slinfer.scheduler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.request.DeadlineRule;
import io.slinfer.request.InstanceId;
import io.slinfer.request.ModelId;
import io.slinfer.request.RequestId;
import io.slinfer.request.RequestLife;
import io.slinfer.request.RequestState;
import io.slinfer.request.Slo;
import io.slinfer.testing.RandomDevices;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Whatever waits and runs: steps use no block that is not there, and forget nobody. */
final class BatchingTest {

  private static final int PROMPT_TOKENS = 512;
  private static final int SEQUENCES = 6;

  private static final List<Batching> POLICIES =
      List.of(
          new PrefillFirstBatching(new WholePrompts(PROMPT_TOKENS, SEQUENCES, 0.05)),
          new PagedBatching(PROMPT_TOKENS, SEQUENCES),
          new ChunkedBatching(PROMPT_TOKENS, 32, SEQUENCES, 50_000_000));

  @Property(tries = 600)
  void stepsUseNoBlockThatIsNotThereAndForgetNobody(
      @ForAll long seed, @ForAll @IntRange(max = 2) int which) {
    Random random = new Random(seed);
    Batching policy = POLICIES.get(which);
    Instance instance =
        new Instance(
            0,
            new InstanceId("i"),
            new ModelId("m"),
            RandomDevices.costs(random),
            RandomDevices.gpu(random));
    instance.loaded = true;
    instance.usableBlocks = 20 + random.nextInt(200);
    instance.startBlocks = instance.usableBlocks;
    List<RequestLife> all = new ArrayList<>();
    for (int step = 0; step < 60; step++) {
      for (int i = random.nextInt(3); i > 0; i--) {
        RequestLife request = request(all.size(), random, step);
        request.become(RequestState.PREFILLING);
        instance.waiting.addLast(request);
        all.add(request);
      }
      instance.changed();
      boolean expected = policy.hasWork(instance);
      long spareNanos = random.nextInt(3) == 0 ? Long.MAX_VALUE : random.nextInt(90_000_000);
      boolean found =
          policy.compose(
              instance,
              new Batching.Turn(
                  step, () -> spareNanos, new SilentDriver(), new SchedulerListener() {}));
      check(instance, all);
      if (found) {
        assertTrue(expected, "a step without work");
        checkBatch(instance);
        carryOut(instance, all, random, step);
      }
    }
  }

  private static RequestLife request(int index, Random random, long nowNanos) {
    int tokens = 1 + random.nextInt(900);
    return new RequestLife(
        new RequestId("r" + index),
        new ModelId("m"),
        tokens,
        Slo.forPromptTokens(tokens),
        nowNanos,
        new DeadlineRule.FromFirstToken(0.95));
  }

  private static void check(Instance instance, List<RequestLife> all) {
    int held = 0;
    for (RequestLife request : all) {
      int places = instance.waiting.contains(request) ? 1 : 0;
      places += instance.running.contains(request) ? 1 : 0;
      assertEquals(1, places, "places of " + request.id());
      held += request.heldBlocks();
    }
    assertEquals(held, instance.usedBlocks, "used blocks");
    assertTrue(instance.usedBlocks <= instance.usableBlocks, "more blocks than there are");
  }

  private static void checkBatch(Instance instance) {
    StepBatch batch = instance.batch();
    assertEquals(
        batch.requests().size(), new HashSet<>(batch.requests()).size(), "a request twice");
    assertTrue(instance.running.containsAll(batch.requests()), "a request that does not run");
    assertTrue(instance.running.size() <= SEQUENCES, instance.running.size() + " run");
    boolean isOneLongPrompt = batch.requests().size() - batch.decoding() == 1;
    assertTrue(
        isOneLongPrompt || batch.promptTokens() <= PROMPT_TOKENS,
        batch.promptTokens() + " prompt tokens");
    for (int i = 0; i < batch.requests().size(); i++) {
      RequestLife request = batch.requests().get(i);
      int after = request.computedTokens() + batch.chunk(i);
      assertTrue(after <= request.totalTokens(), "more than the prompt");
      assertTrue(
          instance.device().blocksFor(after) <= request.heldBlocks(), "tokens without a block");
    }
  }

  private static void carryOut(
      Instance instance, List<RequestLife> all, Random random, long nowNanos) {
    StepBatch batch = instance.batch();
    for (int i = 0; i < batch.requests().size(); i++) {
      RequestLife request = batch.requests().get(i);
      request.computedTokens(request.computedTokens() + batch.chunk(i));
      if (request.computedTokens() == request.totalTokens()) {
        request.tokenAt(nowNanos);
        if (request.state() == RequestState.PREFILLING) {
          request.become(RequestState.DECODING);
        }
        if (random.nextInt(20) == 0) {
          instance.drop(request);
          instance.hold(request, 0);
          all.remove(request);
        }
      }
    }
  }
}
