package io.slinfer.engine.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
import io.slinfer.request.Pooling;
import io.slinfer.request.RequestId;
import io.slinfer.request.Sampling;
import io.slinfer.testing.Fixtures;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The engine's commands, events and faults, on the CUDA kernels compiled for the host. */
final class GpuEngineTest {

  private static final GpuEngine.Settings SETTINGS =
      new GpuEngine.Settings("gpu:0", 1L << 26, 64, true, LogitsObserver.NONE);
  private static final int[] PROMPT = {
    5, 17, 100, 3, 44, 9, 81, 200, 7, 7, 12, 40, 41, 42, 43, 44, 45
  };

  @TempDir static Path folder;
  private static ModelSource model;

  private final BlockingQueue<Runnable> reports = new LinkedBlockingQueue<>();
  private final List<EngineEvent> events = new ArrayList<>();
  private final HostDriver driver = new HostDriver(1L << 30);

  @BeforeAll
  static void unpack() throws Exception {
    Path packed = Fixtures.shipped().resolve("arch/granite/granite.f16.gguf.gz");
    model = new ModelSource(new ModelId("granite"), List.of(Fixtures.unpack(packed, folder)), 0);
  }

  private EngineSession session() throws EngineSession.FailedException {
    return new EngineSession(
        (listener, owner) -> new GpuEngine(driver, SETTINGS, owner, listener), model);
  }

  private GpuEngine engine() {
    return new GpuEngine(driver, SETTINGS, reports::add, events::add);
  }

  private EngineEvent nextEvent() throws InterruptedException {
    int seen = events.size();
    while (events.size() == seen) {
      reports.take().run();
    }
    return events.get(seen);
  }

  private static List<Integer> decode(EngineSession session, Sequence sequence, int count)
      throws EngineSession.FailedException {
    List<Integer> tokens = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      tokens.add(
          session
              .step(List.of(new SequenceChunk(sequence, sequence.pending())))
              .outputs()
              .getFirst()
              .token());
    }
    return tokens;
  }

  @Test
  void recordedDecodesGiveWhatLaunchesGive() throws Exception {
    List<Integer> recorded;
    try (EngineSession session = session()) {
      recorded = decode(session, session.sequence(PROMPT, Sampling.GREEDY), 8);
    }
    assertTrue(driver.graphLaunches() >= 6, driver.graphLaunches() + " graphs were launched");
    GpuEngine.Settings plain =
        new GpuEngine.Settings("gpu:0", 1L << 26, 64, false, LogitsObserver.NONE);
    try (EngineSession session =
        new EngineSession(
            (listener, owner) -> new GpuEngine(new HostDriver(1L << 30), plain, owner, listener),
            model)) {
      assertEquals(recorded, decode(session, session.sequence(PROMPT, Sampling.GREEDY), 8));
    }
  }

  @Test
  void theDevicesChoiceIsTheSamplersChoice() throws Exception {
    Sampling bySampler = new Sampling(0, 0, 1, 0, 0, io.slinfer.request.LogitChanges.NONE, 1, null);
    try (EngineSession session = session()) {
      Sequence one = session.sequence(PROMPT, Sampling.GREEDY);
      Sequence other = session.sequence(PROMPT, bySampler);
      for (int i = 0; i < 6; i++) {
        EngineEvent.SequenceOutput a =
            session.step(List.of(new SequenceChunk(one, one.pending()))).outputs().getFirst();
        EngineEvent.SequenceOutput b =
            session.step(List.of(new SequenceChunk(other, other.pending()))).outputs().getFirst();
        assertEquals(b.token(), a.token());
        assertEquals(b.logProbability(), a.logProbability(), 2e-5);
      }
    }
  }

  @Test
  void keysAndValuesSurviveExportAndImport() throws Exception {
    try (EngineSession session = session()) {
      Sequence first = session.sequence(PROMPT, Sampling.GREEDY);
      decode(session, first, 2);
      try (KvImage image = session.exportKv(first)) {
        assertEquals(PROMPT.length + 1, image.tokens());
        Sequence second = session.sequence(PROMPT, Sampling.GREEDY);
        second.append(first.token(PROMPT.length));
        second.append(first.token(PROMPT.length + 1));
        session.reserve(session.sequence(PROMPT, Sampling.GREEDY), 40);
        session.importKv(second, image);
        assertEquals(decode(session, first, 6), decode(session, second, 6));
      }
    }
    assertEquals("", driver.leftovers());
  }

  @Test
  void anEmbeddingInPiecesIsThatOfTheWhole() throws Exception {
    try (EngineSession session = session()) {
      float[] whole = embedding(session, session.sequence(PROMPT, Sampling.pooled(Pooling.MEAN)));
      Sequence pieces = session.sequence(PROMPT, Sampling.pooled(Pooling.MEAN));
      session.step(List.of(new SequenceChunk(pieces, 5)));
      float[] joined = embedding(session, pieces);
      for (int i = 0; i < whole.length; i++) {
        assertEquals(whole[i], joined[i], 1e-2);
      }
    }
  }

  private static float[] embedding(EngineSession session, Sequence sequence) throws Exception {
    return session
        .step(List.of(new SequenceChunk(sequence, sequence.pending())))
        .outputs()
        .getFirst()
        .draw()
        .embedding();
  }

  @Test
  void slabsComeAndGoWithoutLossAndNotWithoutMemory() throws Exception {
    InstanceId id = new InstanceId("a");
    try (GpuEngine engine = engine()) {
      engine.load(1, id, model);
      EngineEvent.Loaded loaded = assertInstanceOf(EngineEvent.Loaded.class, nextEvent());
      long held = engine.heldBytes();
      engine.mapSlabs(2, id, new int[] {0, 5});
      assertInstanceOf(EngineEvent.Resized.class, nextEvent());
      long grown = engine.heldBytes();
      // What a slab is said to take is what it takes, but for rounding a block's share up.
      long rounding = 2L * loaded.model().blocksPerSlab();
      assertEquals(0, (held + 2 * loaded.model().slabBytes() - grown) / rounding);
      driver.failAt(4, () -> new OutOfMemoryError("no room"));
      engine.mapSlabs(3, id, new int[] {1, 2, 3});
      EngineEvent.Failed failed = assertInstanceOf(EngineEvent.Failed.class, nextEvent());
      assertInstanceOf(Failure.Unavailable.class, failed.failure());
      assertEquals(grown, engine.heldBytes());
      engine.unmapSlabs(4, id, new int[] {5});
      assertInstanceOf(EngineEvent.Resized.class, nextEvent());
      Sequence sequence = new Sequence(new RequestId("r"), new int[] {1}, Sampling.GREEDY);
      sequence.blocks().add(5 * loaded.model().blocksPerSlab());
      engine.step(new StepPlan(5, id, List.of(new SequenceChunk(sequence, 1))));
      assertInstanceOf(EngineEvent.Failed.class, nextEvent());
      engine.unload(6, id);
      assertInstanceOf(EngineEvent.Unloaded.class, nextEvent());
      assertEquals(0, engine.heldBytes());
    }
    assertEquals("", driver.leftovers());
  }

  @Test
  void aLoadThatFailsAnywhereLeavesNothingBehind() throws Exception {
    int calls;
    try (GpuEngine engine = engine()) {
      engine.load(1, new InstanceId("whole"), model);
      assertInstanceOf(EngineEvent.Loaded.class, nextEvent());
      calls = driver.calls();
    }
    for (int call = 1; call <= calls; call++) {
      HostDriver failing = new HostDriver(1L << 30);
      try (GpuEngine engine = new GpuEngine(failing, SETTINGS, reports::add, events::add)) {
        failing.failAt(call, () -> new OutOfMemoryError("no room"));
        engine.load(1, new InstanceId("half"), model);
        EngineEvent.Failed failed = assertInstanceOf(EngineEvent.Failed.class, nextEvent());
        assertTrue(failed.failure().message().contains("no room"), failed.failure().message());
        assertEquals(0, engine.heldBytes(), "after call " + call);
        engine.load(2, new InstanceId("again"), model);
        assertInstanceOf(EngineEvent.Loaded.class, nextEvent(), "after call " + call);
      }
      assertEquals("", failing.leftovers());
    }
  }

  @Test
  void aDeviceThatIsTooSmallSaysSo() throws Exception {
    HostDriver small = new HostDriver(1 << 20);
    try (GpuEngine engine = new GpuEngine(small, SETTINGS, reports::add, events::add)) {
      engine.load(1, new InstanceId("a"), model);
      EngineEvent.Failed failed = assertInstanceOf(EngineEvent.Failed.class, nextEvent());
      Failure.Unavailable failure = assertInstanceOf(Failure.Unavailable.class, failed.failure());
      assertEquals("out_of_memory", failure.reason());
      assertTrue(failure.message().startsWith("device gpu:0: "), failure.message());
    }
  }

  @Test
  void anErrorOfTheDeviceEndsItsStepAndItsService() throws Exception {
    InstanceId id = new InstanceId("a");
    try (GpuEngine engine = engine()) {
      engine.load(1, id, model);
      nextEvent();
      engine.mapSlabs(2, id, new int[] {0});
      nextEvent();
      Sequence sequence = new Sequence(new RequestId("r"), new int[] {1, 2}, Sampling.GREEDY);
      sequence.blocks().add(0);
      driver.failAt(5, () -> new GpuException("cuLaunchKernel", "CUDA_ERROR_ECC_UNCORRECTABLE"));
      engine.step(new StepPlan(3, id, List.of(new SequenceChunk(sequence, 2))));
      EngineEvent.Failed failed = assertInstanceOf(EngineEvent.Failed.class, nextEvent());
      Failure.Unavailable failure = assertInstanceOf(Failure.Unavailable.class, failed.failure());
      assertEquals(Engine.DEVICE_FAILED, failure.reason());
      assertEquals(
          "device gpu:0 has failed: cuLaunchKernel: CUDA_ERROR_ECC_UNCORRECTABLE",
          failure.message());
      assertTrue(engine.isLost());
      engine.load(4, new InstanceId("b"), model);
      assertInstanceOf(EngineEvent.Failed.class, nextEvent());
      engine.unload(5, id);
      assertInstanceOf(EngineEvent.Unloaded.class, nextEvent());
    }
  }

  @Test
  void aFileThatCannotBeReadIsAFailureThatNamesIt() throws Exception {
    Path broken = Files.writeString(folder.resolve("broken.gguf"), "no model");
    try (GpuEngine engine = engine()) {
      engine.load(
          1, new InstanceId("b"), new ModelSource(new ModelId("broken"), List.of(broken), 0));
      EngineEvent.Failed failed = assertInstanceOf(EngineEvent.Failed.class, nextEvent());
      assertTrue(failed.failure().message().contains("broken.gguf"), failed.failure().message());
    }
  }

  @Test
  void aTokenOutsideTheVocabularyFailsTheStepAndNothingElse() throws Exception {
    try (EngineSession session = session()) {
      Sequence odd =
          session.sequence(new int[] {1, session.model().vocabularySize()}, Sampling.GREEDY);
      assertThrows(
          EngineSession.FailedException.class,
          () -> session.step(List.of(new SequenceChunk(odd, 2))));
      assertEquals(1, decode(session, session.sequence(PROMPT, Sampling.GREEDY), 1).size());
    }
  }
}
