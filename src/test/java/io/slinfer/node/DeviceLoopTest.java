package io.slinfer.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.engine.ModelSource;
import io.slinfer.engine.SequenceChunk;
import io.slinfer.engine.StepPlan;
import io.slinfer.metrics.ServingMeters;
import io.slinfer.node.DeviceCommand.Cancel;
import io.slinfer.node.DeviceCommand.Submit;
import io.slinfer.node.TokenEvent.Accepted;
import io.slinfer.node.TokenEvent.Failed;
import io.slinfer.node.TokenEvent.Finished;
import io.slinfer.node.TokenEvent.Started;
import io.slinfer.node.TokenEvent.Token;
import io.slinfer.request.DeviceId;
import io.slinfer.request.Failure;
import io.slinfer.request.FinishReason;
import io.slinfer.request.InferenceRequest;
import io.slinfer.request.ModelId;
import io.slinfer.request.RequestId;
import io.slinfer.request.Sampling;
import io.slinfer.request.Slo;
import io.slinfer.testing.ByteTokenizer;
import io.slinfer.testing.ScriptedEngine;
import io.slinfer.testing.ScriptedEngine.Script;
import io.slinfer.testing.Scripts;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The loop stepped by hand: the owner's thread is the test, time is a number. */
final class DeviceLoopTest {

  private static final int[] END = {ByteTokenizer.END};
  private static final int CHUNK = 32;

  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private final Map<RequestId, List<TokenEvent>> told = new HashMap<>();
  private final ServingMeters meters = new ServingMeters(false);
  private long nowNanos = 1_000;
  private DeviceInbox inbox;
  private DeviceLoop loop;
  private ScriptedEngine engine;

  @AfterEach
  void close() {
    engine.close();
    meters.close();
  }

  @Test
  void servesARequestFromLoadToItsEnd() {
    start(Script.of(Scripts.SMALL, Scripts.saying("ok")), 1 << 20, 8);
    submit("a", "model", 5, 100);
    run();
    List<TokenEvent> events = told.get(new RequestId("a"));
    assertEquals(5, events.size(), events::toString);
    assertEquals(new Accepted(new RequestId("a"), true), events.get(0));
    assertEquals(new Started(new RequestId("a"), 0), events.get(1));
    assertEquals('o', assertInstanceOf(Token.class, events.get(2)).token());
    assertEquals(1, assertInstanceOf(Token.class, events.get(3)).index());
    Finished finished = assertInstanceOf(Finished.class, events.get(4));
    assertEquals(FinishReason.STOP, finished.reason());
    assertEquals(new TokenEvent.Usage(5, 0, 3), finished.usage());
    assertIdle();
  }

  @Test
  void loadsAModelOnceForManyRequests() {
    start(Script.of(Scripts.SMALL, Scripts.saying("ok")), 1 << 20, 8);
    for (int i = 0; i < 20; i++) {
      submit("r" + i, "model", 5, 100);
    }
    run();
    submit("late", "model", 5, 100);
    run();
    assertEquals(1, engine.loads().size());
    assertEquals(21, told.size());
    assertIdle();
  }

  @Test
  void mixesPrefillChunksAndDecodesInBoundedSteps() {
    start(Script.of(Scripts.SMALL, Scripts.alphabet()), 1 << 20, 8);
    submit("short", "model", 4, 50);
    run(10);
    submit("long", "model", 300, 5);
    run();
    int mixed = 0;
    for (StepPlan plan : engine.steps()) {
      int prompt = plan.chunks().stream().mapToInt(SequenceChunk::tokens).filter(t -> t > 1).sum();
      assertTrue(prompt <= CHUNK, plan::toString);
      mixed += plan.chunks().size() == 2 ? 1 : 0;
    }
    assertTrue(mixed >= 300 / CHUNK, engine.steps().size() + " steps, " + mixed + " mixed");
    assertIdle();
  }

  @Test
  void reusesThePrefixOfAnEarlierPrompt() {
    start(Script.of(Scripts.SMALL, Scripts.saying("ok")), 1 << 20, 8);
    submit("first", "model", 100, 5);
    run();
    submit("second", "model", 100, 5);
    run();
    Finished finished = (Finished) told.get(new RequestId("second")).getLast();
    assertEquals(96, finished.usage().cachedTokens());
    assertIdle();
  }

  @Test
  void stepsTheInstanceWhoseTokenIsDueFirst() {
    start(Script.of(Scripts.SMALL, Scripts.alphabet()), 1 << 20, 8);
    engine.hold();
    submit("relaxed", "one", 4, 3);
    nowNanos += 1_000_000;
    submit("urgent", "two", 4, 3, new Slo(1_000, 1_000), 0);
    loop.doWork();
    engine.release();
    run();
    List<String> order =
        engine.steps().stream()
            .map(plan -> plan.chunks().getFirst().sequence().id().value())
            .toList();
    assertEquals(
        List.of("urgent", "urgent", "urgent"),
        order.subList(order.indexOf("urgent"), order.indexOf("urgent") + 3));
    assertIdle();
  }

  @Test
  void neverStepsACancelledRequestAgain() {
    for (String phase : List.of("queued", "loading", "prefill", "decode")) {
      told.clear();
      start(Script.of(Scripts.SMALL, Scripts.alphabet()), 1 << 20, 1);
      if (phase.equals("queued")) {
        submit("other", "model", 4, 1_000);
      }
      engine.hold();
      submit("a", "model", 200, 100);
      loop.doWork();
      int releases =
          switch (phase) {
            case "prefill" -> 2;
            case "decode" -> 12;
            default -> 0;
          };
      for (int i = 0; i < releases; i++) {
        engine.releaseOne();
        drain(Integer.MAX_VALUE);
      }
      int stepsBefore = engine.steps().size();
      inbox.cancel(new Cancel(new RequestId("a"), nowNanos));
      inbox.cancel(new Cancel(new RequestId("a"), nowNanos));
      loop.doWork();
      engine.release();
      run(50);
      for (StepPlan plan : engine.steps().subList(stepsBefore, engine.steps().size())) {
        assertTrue(
            plan.chunks().stream().noneMatch(c -> c.sequence().id().value().equals("a")), phase);
      }
      TokenEvent last = told.get(new RequestId("a")).getLast();
      assertEquals(FinishReason.CANCELLED, ((Finished) last).reason(), phase);
      inbox.cancel(new Cancel(new RequestId("other"), nowNanos));
      run();
      assertIdle();
      engine.close();
    }
  }

  @Test
  void failsWhoeverWaitedForALoadThatFails() {
    Script failing =
        Script.of(Scripts.SMALL, Scripts.alphabet())
            .failingLoads(source -> new Failure.Invalid("bad tensor", null, null));
    start(failing, 1 << 20, 8);
    submit("a", "model", 4, 4);
    submit("b", "model", 4, 4);
    run();
    for (String id : List.of("a", "b")) {
      Failed failed = (Failed) told.get(new RequestId(id)).getLast();
      assertInstanceOf(Failure.Unavailable.class, failed.failure());
      assertTrue(failed.failure().message().contains("bad tensor"));
    }
    submit("again", "model", 4, 4);
    run();
    assertEquals(2, engine.loads().size());
    assertIdle();
  }

  @Test
  void refusesWhatCanNeverFit() {
    start(Script.of(Scripts.SMALL, Scripts.alphabet()), 8 << 10, 8);
    submit("big", "model", 200, 4);
    run();
    Failed failed = (Failed) told.get(new RequestId("big")).getLast();
    assertEquals("context_length_exceeded", ((Failure.Invalid) failed.failure()).code());
    submit("grows", "model", 100, 500);
    run();
    Finished finished = (Finished) told.get(new RequestId("grows")).getLast();
    assertEquals(FinishReason.LENGTH, finished.reason());
    assertEquals(129, 100 + finished.usage().generatedTokens());
    assertIdle();
  }

  @Test
  void refusesWhenTooManyWait() {
    start(Script.of(Scripts.SMALL, Scripts.alphabet()), 1 << 20, 8, 3);
    assertTrue(submit("a", "model", 4, 4));
    assertTrue(submit("b", "model", 4, 4));
    assertTrue(submit("c", "model", 4, 4));
    assertFalse(submit("d", "model", 4, 4));
    run();
    assertEquals(0, inbox.waiting());
    assertTrue(submit("d", "model", 4, 4));
    run();
    assertIdle();
  }

  @Test
  void movesSlabsBetweenModelsWhenTheBudgetIsFull() {
    start(Script.of(Scripts.SMALL, Scripts.alphabet()), 16 << 10, 8);
    submit("a", "one", 200, 4);
    run();
    submit("b", "two", 200, 4);
    run();
    assertInstanceOf(Finished.class, told.get(new RequestId("b")).getLast());
    assertEquals(4, engine.mappedSlabs());
    assertIdle();
  }

  /**
   * Three models, far more than fits, priorities, cancellations: everything ends once, tokens come
   * in order and are the right ones however often a request was preempted.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void servesEveryoneUnderMemoryPressure(long seed) {
    Random random = new Random(seed);
    start(Script.of(Scripts.SMALL, Scripts.alphabet()), 24 << 10, 4, 1_000);
    int count = 60;
    List<String> cancelled = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      nowNanos += random.nextInt(100_000_000);
      submit(
          "r" + i,
          "model" + random.nextInt(3),
          1 + random.nextInt(250),
          1 + random.nextInt(120),
          new Slo(1 + random.nextInt(1_000_000_000), 250_000_000),
          random.nextInt(2));
      run(random.nextInt(6));
      if (random.nextInt(8) == 0) {
        inbox.cancel(new Cancel(new RequestId("r" + i), nowNanos));
        cancelled.add("r" + i);
      }
    }
    run();
    assertEquals(count, told.size(), "seed " + seed);
    told.forEach(
        (id, events) -> {
          long terminal =
              events.stream().filter(e -> e instanceof Finished || e instanceof Failed).count();
          assertEquals(1, terminal, () -> "seed " + seed + ", " + id + ": " + events);
          Finished finished = assertInstanceOf(Finished.class, events.getLast(), id.value());
          if (!cancelled.contains(id.value())) {
            assertEquals(FinishReason.LENGTH, finished.reason());
          }
          int[] tokens =
              events.stream()
                  .filter(Token.class::isInstance)
                  .mapToInt(event -> ((Token) event).token())
                  .toArray();
          assertEquals(
              Arrays.toString(IntStream.range(0, tokens.length).map(i -> 'a' + i % 26).toArray()),
              Arrays.toString(tokens));
        });
    assertTrue(meters.text().contains("slinfer_num_preemptions_total"));
    assertIdle();
  }

  @Test
  void aRequestWithoutADistributionFailsAloneAndLeavesNothingToReuse() {
    start(
        Script.of(
            Scripts.SMALL,
            sequence -> sequence.id().value().equals("bad") ? -1 : 'a' + sequence.generated()),
        1 << 20,
        8);
    submit("bad", "model", 33, 5);
    submit("good", "model", 10, 5);
    run();
    submit("later", "model", 40, 5);
    run();
    Failed failed = assertInstanceOf(Failed.class, told.get(new RequestId("bad")).getLast());
    assertTrue(failed.failure().message().contains("broken logits"), failed.toString());
    Finished good = assertInstanceOf(Finished.class, told.get(new RequestId("good")).getLast());
    assertEquals(new TokenEvent.Usage(10, 0, 5), good.usage());
    Finished later = assertInstanceOf(Finished.class, told.get(new RequestId("later")).getLast());
    assertEquals(new TokenEvent.Usage(40, 0, 5), later.usage());
    assertIdle();
  }

  @Test
  void aReplacedModelIsLoadedAnewAndTheOldOneServesWhatItHas() {
    start(Script.of(Scripts.SMALL, Scripts.alphabet()), 1 << 20, 8);
    submit("old", "model", 5, 40);
    run(12);
    submit("new", new ModelSource(new ModelId("model"), List.of(), 0, 2), 5, 3);
    run();
    assertEquals(2, engine.loads().size());
    for (String id : List.of("old", "new")) {
      assertInstanceOf(Finished.class, told.get(new RequestId(id)).getLast());
    }
    assertEquals(List.of(engine.loads().getFirst()), engine.unloads());
    assertIdle();
  }

  // The test's hands.

  private void start(Script script, long kvBytes, int maxBatch) {
    start(script, kvBytes, maxBatch, 100);
  }

  private void start(Script script, long kvBytes, int maxBatch, int maxWaiting) {
    inbox = new DeviceInbox(maxWaiting, () -> nowNanos, () -> {});
    DeviceLoop[] made = new DeviceLoop[1];
    engine = new ScriptedEngine(script, event -> made[0].onEvent(event), tasks::add);
    loop =
        new DeviceLoop(
            new DeviceLoop.Parts(
                new DeviceId("cpu"),
                engine,
                inbox,
                new LeastSlackPolicy(CHUNK),
                new DeviceLimits(kvBytes, maxBatch, maxWaiting),
                () -> nowNanos,
                meters));
    made[0] = loop;
  }

  private boolean submit(String id, String model, int prompt, int maxTokens) {
    return submit(id, model, prompt, maxTokens, Slo.forPromptTokens(prompt), 0);
  }

  private boolean submit(
      String id, String model, int prompt, int maxTokens, Slo slo, int priority) {
    InferenceRequest request =
        new InferenceRequest(
            new RequestId(id),
            new ModelId(model),
            IntStream.range(0, prompt).map(i -> i % 250).toArray(),
            maxTokens,
            Sampling.GREEDY,
            false,
            slo,
            nowNanos,
            "",
            priority);
    ModelSource source = new ModelSource(new ModelId(model), List.of(), 0);
    return inbox.submit(new Submit(request, source, END, this::tell));
  }

  private void submit(String id, ModelSource source, int prompt, int maxTokens) {
    InferenceRequest request =
        new InferenceRequest(
            new RequestId(id),
            source.model(),
            IntStream.range(0, prompt).toArray(),
            maxTokens,
            Sampling.GREEDY,
            false,
            Slo.forPromptTokens(prompt),
            nowNanos,
            "",
            0);
    assertTrue(inbox.submit(new Submit(request, source, END, this::tell)));
  }

  private void tell(List<TokenEvent> events) {
    for (TokenEvent event : events) {
      told.computeIfAbsent(event.id(), id -> new ArrayList<>()).add(event);
    }
  }

  /** Turns until nothing is left to do. */
  private void run() {
    run(Integer.MAX_VALUE);
  }

  private void run(int most) {
    loop.doWork();
    drain(most);
  }

  private void drain(int most) {
    for (int i = 0; i < most && !tasks.isEmpty(); i++) {
      assertTrue(i < 100_000, "the loop goes round in circles");
      nowNanos += 1_000_000;
      tasks.remove().run();
    }
  }

  private void assertIdle() {
    assertEquals(0, loop.liveRequests());
    assertEquals(0, loop.usedBlocks());
    assertEquals(0, inbox.waiting());
  }
}
