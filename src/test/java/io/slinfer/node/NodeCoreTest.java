package io.slinfer.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.engine.Engine;
import io.slinfer.engine.SequenceChunk;
import io.slinfer.engine.StepPlan;
import io.slinfer.node.TokenEvent.Accepted;
import io.slinfer.node.TokenEvent.Failed;
import io.slinfer.node.TokenEvent.Finished;
import io.slinfer.node.TokenEvent.Started;
import io.slinfer.node.TokenEvent.Token;
import io.slinfer.request.Failure;
import io.slinfer.request.FinishReason;
import io.slinfer.request.RequestId;
import io.slinfer.request.Slo;
import io.slinfer.testing.NodeBench;
import io.slinfer.testing.NodeBench.Ask;
import io.slinfer.testing.ScriptedEngine.Script;
import io.slinfer.testing.Scripts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A node in virtual time with a scripted engine; the books are checked after every task. */
final class NodeCoreTest {

  private static final long SECOND = 1_000_000_000L;
  private static final long MIB = 1 << 20;
  private static final Script ALPHABET = Script.of(Scripts.SMALL, Scripts.alphabet());
  private static final Script OK = Script.of(Scripts.SMALL, Scripts.saying("ok"));

  private NodeBench bench;

  @AfterEach
  void close() {
    bench.close();
  }

  @Test
  void servesARequestFromLoadToItsEnd() {
    bench = new NodeBench(OK, 4 * MIB);
    bench.submit(Ask.of("a", "model", 5, 100));
    bench.run(SECOND);
    List<TokenEvent> events = bench.told("a");
    assertEquals(5, events.size(), events::toString);
    assertEquals(new Accepted(new RequestId("a"), true), events.get(0));
    assertEquals(new Started(new RequestId("a"), 0), events.get(1));
    assertEquals('o', assertInstanceOf(Token.class, events.get(2)).token());
    assertEquals(1, assertInstanceOf(Token.class, events.get(3)).index());
    Finished finished = assertInstanceOf(Finished.class, events.get(4));
    assertEquals(FinishReason.STOP, finished.reason());
    assertEquals(new TokenEvent.Usage(5, 0, 3), finished.usage());
    bench.assertIdle();
  }

  @Test
  void aDeviceThatFailsEndsItsStepAndTakesNoMoreWork() {
    bench = new NodeBench(ALPHABET.taking(10_000_000, 0), 4 * MIB);
    bench.submit(Ask.of("stepping", "one", 4, 50));
    bench.run(25_000_000);
    bench
        .engine()
        .breakDown(new Failure.Unavailable("the device has failed", Engine.DEVICE_FAILED, 0));
    bench.run(15_000_000);
    Failed failed = assertInstanceOf(Failed.class, bench.told("stepping").getLast());
    assertEquals("the device has failed", failed.failure().message());
    int steps = bench.engine().steps().size();
    bench.submit(Ask.of("later", "one", 4, 50));
    bench.run(60 * SECOND);
    assertInstanceOf(Failed.class, bench.told("later").getLast());
    assertEquals(steps, bench.engine().steps().size());
    assertEquals(List.of(), bench.loop().instances());
  }

  @Test
  void loadsAModelOnceForManyRequests() {
    bench = new NodeBench(OK.taking(0, SECOND), 4 * MIB);
    for (int i = 0; i < 20; i++) {
      bench.submit(Ask.of("r" + i, "model", 5, 100));
    }
    bench.run(5 * SECOND);
    bench.submit(Ask.of("late", "model", 5, 100));
    bench.run(SECOND);
    assertEquals(1, bench.engine().loads().size());
    assertEquals(21, bench.finished());
    bench.assertIdle();
  }

  @Test
  void mixesPiecesOfPromptsWithDecodesInBoundedSteps() {
    bench = new NodeBench(ALPHABET.taking(1_000_000, 0), 4 * MIB, "prefill-chunk-tokens: 32");
    bench.submit(Ask.of("short", "model", 4, 50));
    bench.run(20_000_000);
    bench.submit(Ask.of("long", "model", 300, 5));
    bench.run(SECOND);
    int mixed = 0;
    for (StepPlan plan : bench.engine().steps()) {
      int prompt = plan.chunks().stream().mapToInt(SequenceChunk::tokens).filter(t -> t > 1).sum();
      assertTrue(prompt <= 32, plan::toString);
      mixed += plan.chunks().size() == 2 ? 1 : 0;
    }
    assertTrue(mixed >= 300 / 32, bench.engine().steps().size() + " steps, " + mixed + " mixed");
    bench.assertIdle();
  }

  @Test
  void reusesThePrefixOfAPromptThatIsStillThere() {
    bench = new NodeBench(ALPHABET.taking(1_000_000, 0), 4 * MIB);
    bench.submit(Ask.of("first", "model", 100, 500));
    bench.run(100_000_000);
    bench.submit(Ask.of("second", "model", 100, 5));
    bench.run(SECOND);
    assertEquals(96, bench.finish("second").usage().cachedTokens());
    bench.assertIdle();
  }

  @Test
  void keepsWhatAnEarlierPromptLeftUntilTheMemoryIsWanted() {
    bench = new NodeBench(OK, 2 * MIB + (64 << 10), "", "least-residence: 0 s");
    bench.submit(Ask.of("first", "one", 400, 5));
    bench.run(SECOND);
    bench.submit(Ask.of("second", "one", 400, 5));
    bench.run(SECOND);
    assertEquals(384, bench.finish("second").usage().cachedTokens());
    bench.submit(Ask.of("other", "two", 800, 5));
    bench.run(SECOND);
    bench.submit(Ask.of("third", "one", 400, 5));
    bench.run(SECOND);
    assertTrue(bench.finish("third").usage().cachedTokens() < 384);
    assertEquals(2, bench.engine().loads().size());
    bench.assertIdle();
  }

  @Test
  void stepsTheInstanceWhoseTokenIsDueFirst() {
    bench = new NodeBench(ALPHABET.taking(1_000_000, 0), 4 * MIB, "", "cold-start-grace: 0 s");
    bench.submit(Ask.of("relaxed", "one", 4, 3).within(new Slo(20 * SECOND, SECOND)));
    bench.submit(Ask.of("urgent", "two", 4, 3).within(new Slo(SECOND / 2, SECOND / 10)));
    bench.run(SECOND);
    List<String> order =
        bench.engine().steps().stream()
            .map(plan -> plan.chunks().getFirst().sequence().id().value())
            .toList();
    assertTrue(order.lastIndexOf("urgent") < order.lastIndexOf("relaxed"), order::toString);
    bench.assertIdle();
  }

  @ParameterizedTest
  @ValueSource(strings = {"queued", "loading", "prefill", "decode"})
  void neverStepsACancelledRequestAgain(String phase) {
    Script slow = ALPHABET.taking(10_000_000, SECOND / 10);
    bench = new NodeBench(slow, 2 * MIB, "prefill-chunk-tokens: 32");
    if (phase.equals("queued")) {
      bench.submit(Ask.of("other", "other", 600, 300));
      bench.run(SECOND / 5);
      bench.submit(Ask.of("another", "other", 300, 300));
    }
    bench.submit(Ask.of("a", "model", 300, 100));
    long untilPhase =
        switch (phase) {
          case "prefill" -> SECOND / 10 + 25_000_000;
          case "decode" -> SECOND / 2 + 5_000_000;
          default -> 5_000_000;
        };
    bench.run(untilPhase);
    boolean inFlight = phase.equals("prefill") || phase.equals("decode");
    assertEquals(inFlight, bench.stepsOf("a") > 0, phase);
    int stepsBefore = bench.engine().steps().size();
    bench.cancel("a");
    bench.cancel("a");
    bench.run(2 * SECOND);
    for (StepPlan plan :
        bench.engine().steps().subList(stepsBefore, bench.engine().steps().size())) {
      assertTrue(
          plan.chunks().stream().noneMatch(c -> c.sequence().id().value().equals("a")), phase);
    }
    assertEquals(FinishReason.CANCELLED, bench.finish("a").reason(), phase);
    bench.run(20 * SECOND);
    bench.assertIdle();
  }

  @ParameterizedTest
  @ValueSource(longs = {21, 24, 27})
  void aCancelledRequestInAStepStaysUntilItsEndThoughOthersAreDropped(long millis) {
    bench = new NodeBench(ALPHABET.taking(10_000_000, 0), 4 * MIB);
    bench.submit(Ask.of("steps", "model", 4, 100));
    bench.run(millis * 1_000_000);
    bench.submit(Ask.of("waits", "model", 4, 100));
    bench.cancel("steps");
    bench.cancel("waits");
    int stepsBefore = bench.engine().steps().size();
    bench.run(1);
    assertEquals(stepsBefore, bench.engine().steps().size());
    assertTrue(bench.told("steps").stream().noneMatch(Finished.class::isInstance));
    assertEquals(FinishReason.CANCELLED, bench.finish("waits").reason());
    bench.run(SECOND);
    assertEquals(FinishReason.CANCELLED, bench.finish("steps").reason());
    bench.assertIdle();
  }

  @Test
  void coolsAModelDownWhoseLoadFailsAndSaysWhy() {
    Script failing = ALPHABET.failingLoads(source -> new Failure.Invalid("bad tensor", null, null));
    bench = new NodeBench(failing, 4 * MIB);
    bench.submit(Ask.of("a", "model", 4, 4));
    bench.submit(Ask.of("b", "model", 4, 4));
    bench.run(SECOND);
    bench.submit(Ask.of("c", "model", 4, 4));
    bench.run(SECOND);
    for (String id : List.of("a", "b", "c")) {
      Failed failed = (Failed) bench.told(id).getLast();
      Failure.Unavailable why = assertInstanceOf(Failure.Unavailable.class, failed.failure());
      assertTrue(why.message().contains("bad tensor"));
      assertTrue(why.retryAfterMillis() > 0 && why.retryAfterMillis() <= 5_000, why::toString);
    }
    assertEquals(1, bench.engine().loads().size());
    bench.run(5 * SECOND);
    bench.submit(Ask.of("again", "model", 4, 4));
    bench.run(SECOND);
    assertEquals(2, bench.engine().loads().size());
    bench.assertIdle();
  }

  @Test
  void refusesWhatCanNeverFit() {
    bench = new NodeBench(ALPHABET, MIB + (16 << 10));
    bench.submit(Ask.of("big", "model", 200, 4));
    bench.run(SECOND);
    Failed failed = (Failed) bench.told("big").getLast();
    assertEquals("context_length_exceeded", ((Failure.Invalid) failed.failure()).code());
    bench.submit(Ask.of("grows", "model", 100, 500));
    bench.run(SECOND);
    assertEquals(FinishReason.LENGTH, bench.finish("grows").reason());
    assertEquals(16 * 16 - 64, 100 + bench.finish("grows").usage().generatedTokens());
    bench.assertIdle();
  }

  @Test
  void refusesWhenTooManyWait() {
    bench = new NodeBench(ALPHABET, 4 * MIB, "max-waiting: 3");
    assertTrue(bench.submit(Ask.of("a", "model", 4, 4)));
    assertTrue(bench.submit(Ask.of("b", "model", 4, 4)));
    assertTrue(bench.submit(Ask.of("c", "model", 4, 4)));
    assertFalse(bench.submit(Ask.of("d", "model", 4, 4)));
    bench.run(SECOND);
    assertTrue(bench.submit(Ask.of("d", "model", 4, 4)));
    bench.run(SECOND);
    bench.assertIdle();
  }

  @Test
  void whoDoesNotWaitIsRefusedWhereThereIsNoPlaceNow() {
    bench = new NodeBench(ALPHABET.taking(10_000_000, SECOND / 10), 2 * MIB);
    bench.submit(Ask.of("other", "other", 600, 300));
    bench.run(SECOND / 5);
    bench.submit(Ask.of("now", "model", 4, 4), false);
    bench.submit(Ask.of("later", "model", 4, 4).within(new Slo(60 * SECOND, SECOND)), true);
    bench.run(SECOND / 100);
    Failed failed = assertInstanceOf(Failed.class, bench.told("now").getLast());
    assertEquals(
        "no_place_now", assertInstanceOf(Failure.Overloaded.class, failed.failure()).reason());
    assertEquals(List.of(), bench.told("later"));
    bench.run(20 * SECOND);
    assertEquals(4, bench.finish("later").usage().generatedTokens());
    bench.submit(Ask.of("free", "model", 4, 4), false);
    bench.run(SECOND);
    assertEquals(4, bench.finish("free").usage().generatedTokens());
    bench.assertIdle();
  }

  @Test
  void modelsLeaveAfterTheirKeepAlive() {
    bench = new NodeBench(OK, 4 * MIB, "", "keep-alive: 10 s");
    bench.submit(Ask.of("a", "model", 4, 4));
    bench.run(9 * SECOND);
    assertEquals(1, bench.loop().instances().size());
    bench.submit(Ask.of("b", "model", 4, 4));
    bench.run(9 * SECOND);
    assertEquals(1, bench.loop().instances().size());
    bench.run(2 * SECOND);
    assertEquals(0, bench.loop().instances().size());
    assertEquals(0, bench.loop().ledger().actualBytes());
    assertEquals(1, bench.engine().loads().size());
  }

  @Test
  void aModelMakesRoomForAnotherButNotOnEachCall() {
    bench =
        new NodeBench(OK.taking(0, 400_000_000L), MIB + (128 << 10), "", "least-residence: 2 s");
    for (int i = 0; i < 20; i++) {
      bench.submit(Ask.of("r" + i, "model-" + i % 2, 4, 4));
      bench.run(SECOND / 4);
    }
    bench.run(20 * SECOND);
    assertEquals(20, bench.finished());
    int loads = bench.engine().loads().size();
    assertTrue(loads >= 2 && loads <= 10, loads + " loads");
    bench.assertIdle();
  }

  @Test
  void aPinnedModelNeverLeaves() {
    bench = new NodeBench(OK, MIB + (128 << 10), "", "pinned: [keeper], least-residence: 0 s");
    bench.submit(Ask.of("a", "keeper", 4, 4));
    bench.run(SECOND);
    bench.submit(Ask.of("b", "other", 4, 4));
    bench.run(1_000 * SECOND);
    assertInstanceOf(Failure.Overloaded.class, ((Failed) bench.told("b").getLast()).failure());
    assertEquals("keeper", bench.loop().instances().getFirst().model().value());
  }

  @Test
  void aLongPromptMakesNoTokenOfAnotherModelLate() {
    bench = NodeBench.priced(NodeBench.ROOMY, 64 * MIB, 300, "");
    bench.submit(Ask.of("talker", "one", 40, 2_000));
    bench.run(SECOND / 2);
    bench.submit(Ask.of("book", "two", 30_000, 3));
    bench.run(600 * SECOND);
    assertTrue(bench.finish("book").usage().generatedTokens() == 3);
    long[] times = bench.tokenTimes("talker");
    for (int i = 1; i < times.length; i++) {
      long lateNanos = times[i] - times[0] - i * SECOND / 4;
      assertTrue(lateNanos <= 0, "token " + i + " is " + lateNanos + " ns late");
    }
    assertTrue(times[1_999] - times[0] > 80 * SECOND, "the talker talks beside the book");
    bench.assertIdle();
  }

  @Test
  void underOverloadWhoIsAcceptedIsServedAndOthersAreRefusedInTime() {
    bench = NodeBench.priced(Scripts.SMALL, 64 * MIB, 100, "cold-start-grace: 1 s");
    int count = 400;
    for (int i = 0; i < count; i++) {
      bench.submit(Ask.of("r" + i, "model-" + i % 3, 400, 40).about(i));
      bench.run(SECOND / 20);
    }
    bench.run(200 * SECOND);
    int refused = 0;
    int inTime = 0;
    for (int i = 0; i < count; i++) {
      List<TokenEvent> events = bench.told("r" + i);
      boolean accepted = events.getFirst() instanceof Accepted;
      if (events.getLast() instanceof Failed failed) {
        refused++;
        assertFalse(accepted, "r" + i + " was accepted, then " + failed);
        assertTrue(
            bench.endedAfter("r" + i) <= Slo.forPromptTokens(400).timeToFirstTokenNanos() + SECOND);
      } else {
        inTime += bench.meetsSlo("r" + i) ? 1 : 0;
      }
    }
    int served = count - refused;
    assertTrue(refused > count / 10, refused + " refused");
    assertTrue(served >= 40, served + " served; there was time for 47");
    assertTrue(inTime >= served * 85 / 100, inTime + " in time of " + served);
    bench.assertIdle();
  }

  @Test
  void aRequestWithoutADistributionFailsAloneAndLeavesNothingToReuse() {
    bench =
        new NodeBench(
            Script.of(
                    Scripts.SMALL,
                    sequence ->
                        sequence.id().value().equals("bad") ? -1 : 'a' + sequence.generated() % 26)
                .taking(1_000_000, 0),
            4 * MIB);
    bench.submit(Ask.of("bad", "model", 33, 5));
    bench.submit(Ask.of("good", "model", 10, 500));
    bench.run(SECOND / 10);
    bench.submit(Ask.of("later", "model", 40, 5));
    bench.run(2 * SECOND);
    Failed failed = assertInstanceOf(Failed.class, bench.told("bad").getLast());
    assertTrue(failed.failure().message().contains("broken logits"), failed.toString());
    assertEquals(new TokenEvent.Usage(10, 0, 500), bench.finish("good").usage());
    assertEquals(new TokenEvent.Usage(40, 0, 5), bench.finish("later").usage());
    bench.assertIdle();
  }

  @Test
  void aReplacedModelIsLoadedAnewAndTheOldOneServesWhatItHas() {
    bench = new NodeBench(ALPHABET.taking(1_000_000, 0), 4 * MIB);
    bench.submit(Ask.of("old", "model", 5, 40));
    bench.run(20_000_000);
    bench.replaceModels();
    bench.submit(Ask.of("new", "model", 5, 3));
    bench.run(SECOND);
    assertEquals(2, bench.engine().loads().size());
    assertEquals(2, bench.finished());
    assertEquals(List.of(bench.engine().loads().getFirst()), bench.engine().unloads());
    bench.assertIdle();
  }

  @Test
  void aWishThatNoDeviceCanFulfilIsRefusedAtOnce() {
    bench = NodeBench.priced(Scripts.SMALL, 64 * MIB, 100, "");
    bench.submit(Ask.of("warm", "model", 10, 3));
    bench.run(SECOND);
    bench.submit(Ask.of("hasty", "model", 400, 3).about(1).within(new Slo(SECOND / 10, SECOND)));
    bench.run(SECOND / 10);
    assertInstanceOf(
        Failure.Unattainable.class, ((Failed) bench.told("hasty").getLast()).failure());
    assertEquals(0, bench.stepsOf("hasty"));
    bench.submit(Ask.of("patient", "model", 400, 3).about(1));
    bench.run(5 * SECOND);
    assertEquals(3, bench.finish("patient").usage().generatedTokens());
    bench.assertIdle();
  }

  @Test
  void callersTakeTurnsAndPriorityGoesFirst() {
    String patient = "best-effort: [model], cold-start-grace: 0 s";
    bench = NodeBench.priced(Scripts.SMALL, 64 * MIB, 100, patient);
    for (int i = 0; i < 20; i++) {
      bench.submit(Ask.of("flood" + i, "model", 400, 30).about(i).from("flooder", 0));
    }
    bench.run(SECOND / 10);
    bench.submit(Ask.of("modest", "model", 400, 30).about(50).from("modest", 0));
    bench.submit(Ask.of("vip", "model", 400, 30).about(60).from("flooder", 5));
    bench.run(100 * SECOND);
    long before =
        IntStream.range(0, 20)
            .filter(i -> bench.endedAfter("flood" + i) < bench.endedAfter("modest"))
            .count();
    assertTrue(before <= 4, before + " of the flood before the modest one");
    assertTrue(bench.firstAfter("vip") <= bench.firstAfter("modest"));
    bench.assertIdle();
  }

  @Test
  void aModelCanBeLoadedAheadWhereThereIsRoom() {
    bench = new NodeBench(OK, MIB + (64 << 10));
    bench.warm("one");
    bench.run(SECOND);
    assertEquals(1, bench.engine().loads().size());
    bench.warm("one");
    bench.warm("two");
    bench.run(SECOND);
    assertEquals(1, bench.engine().loads().size());
    bench.submit(Ask.of("a", "one", 4, 4));
    bench.run(SECOND);
    assertEquals(new Accepted(new RequestId("a"), false), bench.told("a").getFirst());
    bench.assertIdle();
  }

  /** Room for one model: another's request comes in time, and nobody's tokens come late for it. */
  @Test
  void aModelStandsBackForAnotherWhileItsRequestsHaveTime() {
    bench = new NodeBench(ALPHABET.taking(10_000_000, 20_000_000), MIB + (512 << 10));
    bench.submit(Ask.of("talker", "one", 40, 900));
    bench.run(3 * SECOND);
    for (int i = 0; i < 3; i++) {
      bench.submit(Ask.of("guest" + i, "two", 40, 60).about(i));
      bench.run(2 * SECOND);
    }
    bench.run(20 * SECOND);
    for (int i = 0; i < 3; i++) {
      assertTrue(bench.meetsSlo("guest" + i), "guest " + i);
      assertEquals(60, bench.finish("guest" + i).usage().generatedTokens());
    }
    assertTrue(bench.meetsSlo("talker"));
    assertTrue(bench.engine().drops().size() >= 2, bench.engine().drops()::toString);
    long loads = bench.engine().loads().stream().filter(id -> id.value().contains("/one#")).count();
    assertEquals(1, loads, "the talker's KV stays");
    long[] times = bench.tokenTimes("talker");
    long longestNanos = 0;
    for (int i = 1; i < times.length; i++) {
      longestNanos = Math.max(longestNanos, times[i] - times[i - 1]);
    }
    assertTrue(longestNanos > 5 * 10_000_000, "it never stood back");
    assertTrue(longestNanos < 2.1 * SECOND, "it was away for " + longestNanos + " ns");
    for (TokenEvent event : bench.told("talker")) {
      if (event instanceof Token token) {
        assertEquals('a' + token.index() % 26, token.token());
      }
    }
    bench.assertIdle();
  }

  @Test
  void nothingIsLeftOfAModelThatStandsBackWhenItsCallerGoes() {
    bench = new NodeBench(ALPHABET.taking(10_000_000, 20_000_000), MIB + (512 << 10));
    bench.submit(Ask.of("talker", "one", 40, 900));
    bench.run(3 * SECOND);
    bench.submit(Ask.of("guest", "two", 40, 300));
    bench.run(SECOND / 2);
    assertEquals(1, bench.engine().drops().size());
    assertEquals(2, bench.loop().instances().size());
    assertEquals("loaded", bench.state("one"));
    long stepsBefore = bench.stepsOf("talker");
    bench.cancel("talker");
    bench.run(SECOND / 10);
    assertEquals(FinishReason.CANCELLED, bench.finish("talker").reason());
    assertEquals(stepsBefore, bench.stepsOf("talker"));
    assertEquals(1, bench.loop().instances().size());
    assertEquals(bench.engine().drops(), bench.engine().unloads());
    bench.run(20 * SECOND);
    assertEquals(300, bench.finish("guest").usage().generatedTokens());
    assertEquals(1, bench.engine().drops().size(), "nobody to stand back for");
    bench.assertIdle();
  }

  /** For a minute twice as many come as can be served, for models of which few fit. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void whoWasAcceptedGoesOnHoweverMuchElseIsAskedFor(long seed) {
    Random random = new Random(seed);
    bench = NodeBench.priced(Scripts.SMALL, 2 * MIB + (256 << 10), 300, "least-residence: 200 ms");
    int count = 1_200;
    for (int i = 0; i < count; i++) {
      bench.run(random.nextInt(100_000_000));
      bench.submit(
          Ask.of(
              "r" + i,
              "model" + random.nextInt(6),
              1 + random.nextInt(random.nextInt(8) == 0 ? 250 : 60),
              1 + random.nextInt(60)));
    }
    bench.run(120 * SECOND);
    long longestNanos = 0;
    for (int i = 0; i < count; i++) {
      if (bench.told("r" + i).getLast() instanceof Finished) {
        longestNanos = Math.max(longestNanos, bench.endedAfter("r" + i));
      }
    }
    assertTrue(bench.finished() < 0.8 * count, bench.finished() + " finished: no overload");
    assertTrue(longestNanos < 30 * SECOND, "one took " + longestNanos / 1e9 + " s");
    assertTrue(bench.engine().loads().size() < 100, bench.engine().loads().size() + " loads");
    bench.assertIdle();
  }

  /**
   * Three models, far more than fits, priorities, cancellations: everything ends once, tokens come
   * in order and are the right ones however often a request lost its place.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void servesEveryoneUnderMemoryPressure(long seed) {
    Random random = new Random(seed);
    bench =
        new NodeBench(
            ALPHABET.taking(3_000_000, 30_000_000),
            2 * MIB + (24 << 10),
            "max-batch: 4",
            "least-residence: 100 ms, best-effort: [model0, model1, model2]");
    int count = 60;
    List<String> cancelled = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      bench.run(random.nextInt(100_000_000));
      bench.submit(
          Ask.of(
              "r" + i,
              "model" + random.nextInt(3),
              1 + random.nextInt(250),
              1 + random.nextInt(60)));
      bench.run(random.nextInt(20_000_000));
      if (random.nextInt(8) == 0) {
        bench.cancel("r" + i);
        cancelled.add("r" + i);
      }
    }
    bench.run(600 * SECOND);
    for (int i = 0; i < count; i++) {
      String id = "r" + i;
      List<TokenEvent> events = bench.told(id);
      long terminal =
          events.stream().filter(e -> e instanceof Finished || e instanceof Failed).count();
      assertEquals(1, terminal, () -> "seed " + seed + ", " + id + ": " + events);
      if (!cancelled.contains(id)) {
        assertEquals(FinishReason.LENGTH, bench.finish(id).reason());
      }
      int[] tokens =
          events.stream()
              .filter(Token.class::isInstance)
              .mapToInt(event -> ((Token) event).token())
              .toArray();
      assertEquals(
          Arrays.toString(IntStream.range(0, tokens.length).map(t -> 'a' + t % 26).toArray()),
          Arrays.toString(tokens));
    }
    bench.assertIdle();
  }
}
