package io.slinfer.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.cli.EngineSession;
import io.slinfer.engine.Engine;
import io.slinfer.engine.EngineEvent;
import io.slinfer.engine.KvImage;
import io.slinfer.engine.ModelSource;
import io.slinfer.engine.Sequence;
import io.slinfer.engine.SequenceChunk;
import io.slinfer.engine.StepPlan;
import io.slinfer.engine.device.LogitsObserver;
import io.slinfer.request.Failure;
import io.slinfer.request.InstanceId;
import io.slinfer.request.ModelId;
import io.slinfer.request.RequestId;
import io.slinfer.request.Sampling;
import io.slinfer.testing.Fixtures;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The engine's commands and events, on a small model and plain-Java kernels. */
final class CpuEngineTest {

  private static final CpuEngine.Settings SETTINGS =
      new CpuEngine.Settings("java", 1L << 26, LogitsObserver.NONE);

  @TempDir static Path folder;
  private static ModelSource model;

  private final BlockingQueue<Runnable> reports = new LinkedBlockingQueue<>();
  private final List<EngineEvent> events = new ArrayList<>();

  @BeforeAll
  static void unpack() throws Exception {
    Path packed = Fixtures.shipped().resolve("arch/granite/granite.f16.gguf.gz");
    model = new ModelSource(new ModelId("granite"), List.of(Fixtures.unpack(packed, folder)), 0);
  }

  private static EngineSession session() throws EngineSession.FailedException {
    return new EngineSession(
        (listener, owner) -> CpuEngine.of(new ReferenceKernels(), SETTINGS, owner, listener),
        model);
  }

  private Engine engine() {
    return CpuEngine.of(new ReferenceKernels(), SETTINGS, reports::add, events::add);
  }

  private EngineEvent nextEvent() throws InterruptedException {
    int seen = events.size();
    while (events.size() == seen) {
      reports.take().run();
    }
    return events.get(seen);
  }

  @Test
  void commandsGivenWhileAModelLoadsRunInOrderOnceItHasLoaded() throws Exception {
    InstanceId id = new InstanceId("a");
    try (Engine engine = engine()) {
      Sequence sequence = new Sequence(new RequestId("r"), new int[] {1, 2, 3}, Sampling.GREEDY);
      sequence.blocks().add(0);
      engine.load(1, id, model);
      engine.mapSlabs(2, id, new int[] {0});
      engine.step(new StepPlan(3, id, List.of(new SequenceChunk(sequence, 3))));
      engine.unload(4, id);
      engine.mapSlabs(5, id, new int[] {1});
      List<Long> tickets = new ArrayList<>();
      List<Class<?>> kinds = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        EngineEvent event = nextEvent();
        if (event.ticket() != 5) {
          tickets.add(event.ticket());
          kinds.add(event.getClass());
        } else {
          assertInstanceOf(EngineEvent.Failed.class, event);
        }
      }
      assertEquals(List.of(1L, 2L, 3L, 4L), tickets);
      assertEquals(
          List.of(
              EngineEvent.Loaded.class,
              EngineEvent.Resized.class,
              EngineEvent.Stepped.class,
              EngineEvent.Unloaded.class),
          kinds);
    }
  }

  @Test
  void aFileThatCannotBeReadIsAFailureThatNamesIt() throws Exception {
    Path broken = Files.writeString(folder.resolve("broken.gguf"), "no model");
    try (Engine engine = engine()) {
      InstanceId id = new InstanceId("b");
      engine.load(1, id, new ModelSource(new ModelId("broken"), List.of(broken), 0));
      EngineEvent.Failed failed = assertInstanceOf(EngineEvent.Failed.class, nextEvent());
      assertInstanceOf(Failure.Unavailable.class, failed.failure());
      assertTrue(failed.failure().message().contains("broken.gguf"), failed.failure().message());
      engine.step(new StepPlan(2, id, List.of()));
      assertInstanceOf(EngineEvent.Failed.class, nextEvent());
    }
  }

  @Test
  void aPlanOverUnmappedBlocksFailsAndTheEngineGoesOn() throws Exception {
    InstanceId id = new InstanceId("c");
    try (Engine engine = engine()) {
      engine.load(1, id, model);
      assertInstanceOf(EngineEvent.Loaded.class, nextEvent());
      Sequence sequence = new Sequence(new RequestId("r"), new int[] {1}, Sampling.GREEDY);
      sequence.blocks().add(0);
      engine.step(new StepPlan(2, id, List.of(new SequenceChunk(sequence, 1))));
      assertInstanceOf(EngineEvent.Failed.class, nextEvent());
      engine.mapSlabs(3, id, new int[] {0});
      assertInstanceOf(EngineEvent.Resized.class, nextEvent());
      engine.step(new StepPlan(4, id, List.of(new SequenceChunk(sequence, 1))));
      assertInstanceOf(EngineEvent.Stepped.class, nextEvent());
      engine.unmapSlabs(5, id, new int[] {0});
      assertInstanceOf(EngineEvent.Resized.class, nextEvent());
      engine.unload(6, id);
      assertInstanceOf(EngineEvent.Unloaded.class, nextEvent());
      engine.load(7, id, model);
      assertInstanceOf(EngineEvent.Loaded.class, nextEvent());
    }
  }

  @Test
  void aTokenOutsideTheVocabularyFailsTheStepAndNothingElse() throws Exception {
    try (EngineSession session = session()) {
      for (int token : new int[] {-1, session.model().vocabularySize(), Integer.MAX_VALUE}) {
        Sequence odd = session.sequence(new int[] {1, token}, Sampling.GREEDY);
        EngineSession.FailedException failure =
            assertThrows(
                EngineSession.FailedException.class,
                () -> session.step(List.of(new SequenceChunk(odd, 2))));
        assertTrue(failure.getMessage().contains("token " + token), failure.getMessage());
      }
      Sequence even = session.sequence(new int[] {1, 2}, Sampling.GREEDY);
      assertEquals(1, session.step(List.of(new SequenceChunk(even, 2))).outputs().size());
    }
  }

  @Test
  void brokenLogitsFailTheirSequenceAndNoOther() throws Exception {
    InstanceId id = new InstanceId("nan");
    Sequence bad = new Sequence(new RequestId("bad"), new int[] {1, 2, 3}, Sampling.GREEDY);
    Sequence good = new Sequence(new RequestId("good"), new int[] {1, 2, 3}, Sampling.GREEDY);
    LogitsObserver poison =
        new LogitsObserver() {
          @Override
          public boolean wants(Sequence sequence, int position) {
            return sequence == bad && position == 2;
          }

          @Override
          public void onLogits(Sequence sequence, int position, float[] logits) {
            logits[7] = Float.NaN;
          }
        };
    CpuEngine.Settings settings = new CpuEngine.Settings("java", 1L << 26, poison);
    try (Engine engine =
        CpuEngine.of(new ReferenceKernels(), settings, reports::add, events::add)) {
      bad.blocks().add(0);
      good.blocks().add(1);
      engine.load(1, id, model);
      engine.mapSlabs(2, id, new int[] {0, 1});
      engine.step(
          new StepPlan(3, id, List.of(new SequenceChunk(bad, 3), new SequenceChunk(good, 3))));
      nextEvent();
      nextEvent();
      EngineEvent.Stepped stepped = assertInstanceOf(EngineEvent.Stepped.class, nextEvent());
      String why = stepped.outputs().getFirst().failure().message();
      assertTrue(why.contains("output for token 3 is not a distribution"), why);
      assertTrue(stepped.outputs().getLast().token() >= 0);
    }
  }

  @Test
  void aModelSaysFromWhichLengthItsKeysDiffer() throws Exception {
    Path packed =
        Fixtures.shipped().resolve("arch/phi4mini-longrope/phi4mini-longrope.f16.gguf.gz");
    ModelSource phi =
        new ModelSource(new ModelId("phi"), List.of(Fixtures.unpack(packed, folder)), 0);
    try (EngineSession session = session();
        EngineSession longrope =
            new EngineSession(
                (listener, owner) ->
                    CpuEngine.of(new ReferenceKernels(), SETTINGS, owner, listener),
                phi)) {
      assertEquals(0, session.model().keyVariant(1 << 20));
      assertEquals(0, longrope.model().keyVariant(512));
      assertEquals(1, longrope.model().keyVariant(513));
    }
  }

  @Test
  void keysAndValuesSurviveExportAndImport() throws Exception {
    int[] prompt = {5, 17, 100, 3, 44, 9, 81, 200, 7, 7, 12, 40, 41, 42, 43, 44, 45, 46, 47};
    List<Integer> wanted = new ArrayList<>();
    List<Integer> got = new ArrayList<>();
    try (EngineSession session = session()) {
      Sequence first = session.sequence(prompt, Sampling.GREEDY);
      session.step(List.of(new SequenceChunk(first, prompt.length)));
      session.step(List.of(new SequenceChunk(first, 1)));
      try (KvImage image = session.exportKv(first)) {
        assertEquals(prompt.length + 1, image.tokens());
        Sequence second = session.sequence(prompt, Sampling.GREEDY);
        second.append(first.token(prompt.length));
        second.append(first.token(prompt.length + 1));
        session.reserve(session.sequence(prompt, Sampling.GREEDY), 40);
        session.importKv(second, image);
        for (int i = 0; i < 8; i++) {
          wanted.add(
              session.step(List.of(new SequenceChunk(first, 1))).outputs().getFirst().token());
          got.add(session.step(List.of(new SequenceChunk(second, 1))).outputs().getFirst().token());
        }
      }
    }
    assertEquals(wanted, got);
  }

  @Test
  void tokensAreTheSameWhenTheWeightsWereAwayMeanwhile() throws Exception {
    int[] prompt = {5, 17, 100, 3, 44, 9, 81, 200, 7, 7, 12, 40, 41, 42, 43, 44, 45, 46, 47};
    List<Integer> wanted = new ArrayList<>();
    List<Integer> got = new ArrayList<>();
    try (EngineSession session = session()) {
      Sequence stays = session.sequence(prompt, Sampling.GREEDY);
      session.step(List.of(new SequenceChunk(stays, prompt.length)));
      for (int i = 0; i < 8; i++) {
        wanted.add(session.step(List.of(new SequenceChunk(stays, 1))).outputs().getFirst().token());
      }
      Sequence pauses = session.sequence(prompt, Sampling.GREEDY);
      session.step(List.of(new SequenceChunk(pauses, prompt.length)));
      for (int i = 0; i < 8; i++) {
        session.rereadWeights();
        got.add(session.step(List.of(new SequenceChunk(pauses, 1))).outputs().getFirst().token());
      }
    }
    assertEquals(wanted, got);
  }

  @Test
  void aSampledRequestGivesTheSameTokensAloneAndInABatch() throws Exception {
    Sampling sampling = new Sampling(1.5, 0, 0.99, 0, 12345);
    int[] prompt = {9, 8, 7, 6, 5};
    List<Integer> alone = new ArrayList<>();
    List<Integer> batched = new ArrayList<>();
    try (EngineSession session = session()) {
      Sequence one = session.sequence(prompt, sampling);
      Sequence two = session.sequence(prompt, sampling);
      Sequence other = session.sequence(new int[] {400, 300, 200}, sampling);
      for (int i = 0; i < 12; i++) {
        alone.add(
            session
                .step(List.of(new SequenceChunk(one, one.pending())))
                .outputs()
                .getFirst()
                .token());
        batched.add(
            session
                .step(
                    List.of(
                        new SequenceChunk(other, other.pending()),
                        new SequenceChunk(two, two.pending())))
                .outputs()
                .getLast()
                .token());
      }
    }
    assertEquals(alone, batched);
  }

  @Test
  void aPlanLongerThanABatchIsCutWithoutEffect() throws Exception {
    int[] prompt = new int[1000];
    for (int i = 0; i < prompt.length; i++) {
      prompt[i] = i * 7 % 500;
    }
    try (EngineSession session = session()) {
      Sequence whole = session.sequence(prompt, Sampling.GREEDY);
      Sequence chunked = session.sequence(prompt, Sampling.GREEDY);
      float together =
          session
              .step(List.of(new SequenceChunk(whole, 1000)))
              .outputs()
              .getFirst()
              .logProbability();
      session.step(List.of(new SequenceChunk(chunked, 333)));
      session.step(List.of(new SequenceChunk(chunked, 333)));
      float apart =
          session
              .step(List.of(new SequenceChunk(chunked, 334)))
              .outputs()
              .getFirst()
              .logProbability();
      assertEquals(whole.token(1000), chunked.token(1000));
      assertEquals(together, apart, 1e-4);
    }
  }

  @Test
  void kvSpacesRefuseSlabsOutsideThem() {
    try (KvSpace space = new KvSpace(new CpuKernels.KvShape(2, 1, 32), 1 << 22)) {
      assertTrue(space.maxSlabs() >= 1);
      assertThrows(
          IllegalArgumentException.class, () -> space.map(new int[] {space.maxSlabs()}, true));
      assertThrows(IllegalStateException.class, () -> space.blockAddress(0));
    }
  }

  @Test
  void neitherAFailedLoadNorAnUnloadedModelStaysMapped() throws Exception {
    Path unservable = folder.resolve("unservable.gguf");
    byte[] bytes = Files.readAllBytes(model.parts().getFirst());
    replace(bytes, "granite.block_count", "granite.block_kount");
    Files.write(unservable, bytes);
    try (Engine engine = engine()) {
      InstanceId bad = new InstanceId("bad");
      InstanceId good = new InstanceId("good");
      engine.load(1, bad, new ModelSource(new ModelId("bad"), List.of(unservable), 0));
      EngineEvent.Failed failed = assertInstanceOf(EngineEvent.Failed.class, nextEvent());
      assertTrue(
          failed.failure().message().contains("granite.block_count is missing"),
          failed.failure().message());
      assertFalse(isMapped(unservable));
      engine.load(2, good, model);
      assertInstanceOf(EngineEvent.Loaded.class, nextEvent());
      assertTrue(isMapped(model.parts().getFirst()));
      engine.unload(3, good);
      assertInstanceOf(EngineEvent.Unloaded.class, nextEvent());
      assertFalse(isMapped(model.parts().getFirst()));
    }
  }

  private static boolean isMapped(Path file) throws IOException {
    try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
      return maps.anyMatch(line -> line.endsWith(file.toString()));
    }
  }

  private static void replace(byte[] bytes, String from, String to) {
    byte[] wanted = from.getBytes(StandardCharsets.UTF_8);
    for (int at = 0; at + wanted.length <= bytes.length; at++) {
      if (Arrays.equals(bytes, at, at + wanted.length, wanted, 0, wanted.length)) {
        System.arraycopy(to.getBytes(StandardCharsets.UTF_8), 0, bytes, at, wanted.length);
        return;
      }
    }
    throw new IllegalArgumentException(from + " is not there");
  }
}
