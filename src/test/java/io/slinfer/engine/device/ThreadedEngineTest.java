package io.slinfer.engine.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.slinfer.engine.EngineDescription;
import io.slinfer.engine.EngineEvent;
import io.slinfer.engine.EngineEvent.Loaded;
import io.slinfer.engine.EngineEvent.Resized;
import io.slinfer.engine.EngineEvent.SequenceOutput;
import io.slinfer.engine.EngineEvent.Stepped;
import io.slinfer.engine.EngineEvent.Unloaded;
import io.slinfer.engine.KvImage;
import io.slinfer.engine.LoadedModel;
import io.slinfer.engine.ModelSource;
import io.slinfer.engine.Sequence;
import io.slinfer.engine.StepPlan;
import io.slinfer.request.Failure;
import io.slinfer.request.InstanceId;
import io.slinfer.request.ModelId;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which commands of an engine wait for which. */
class ThreadedEngineTest {

  private static final InstanceId BUSY = new InstanceId("cpu/busy#0");
  private static final InstanceId LEAVING = new InstanceId("cpu/leaving#1");

  private final CountDownLatch stepMayEnd = new CountDownLatch(1);
  private final CountDownLatch stepHasBegun = new CountDownLatch(1);
  private final BlockingQueue<EngineEvent> events = new LinkedBlockingQueue<>();
  private final ExecutorService owner = Executors.newSingleThreadExecutor();
  private ThreadedEngine engine;

  /** A model whose steps last until the test lets them end. */
  private final class SlowInstance implements DeviceInstance {

    @Override
    public LoadedModel loadedModel() {
      return new LoadedModel(1, 1, 1, 1, 1, 1);
    }

    @Override
    public List<SequenceOutput> step(StepPlan plan) {
      stepHasBegun.countDown();
      try {
        stepMayEnd.await();
      } catch (InterruptedException unexpected) {
        throw new IllegalStateException(unexpected);
      }
      return List.of();
    }

    @Override
    public void mapSlabs(int[] slabs) {}

    @Override
    public void unmapSlabs(int[] slabs) {}

    @Override
    public KvImage exportKv(Sequence sequence) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void importKv(Sequence sequence, KvImage image) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }

  private final class SlowBackend implements Backend {

    private final boolean besideSteps;

    SlowBackend(boolean besideSteps) {
      this.besideSteps = besideSteps;
    }

    @Override
    public void attach() {}

    @Override
    public boolean movesMemoryBesideSteps() {
      return besideSteps;
    }

    @Override
    public DeviceInstance load(ModelSource source) {
      return new SlowInstance();
    }

    @Override
    public Failure failureOf(Throwable failure) {
      return null;
    }

    @Override
    public void close() {}
  }

  @AfterEach
  void close() {
    stepMayEnd.countDown();
    engine.close();
    owner.shutdownNow();
  }

  @Test
  void memoryWorkDoesNotWaitForAStepOfAnotherInstance() throws InterruptedException {
    startStep(true);
    owner.execute(() -> engine.unmapSlabs(3, LEAVING, new int[] {0}));
    owner.execute(() -> engine.unload(4, LEAVING));
    assertInstanceOf(Resized.class, next());
    assertInstanceOf(Unloaded.class, next());
    stepMayEnd.countDown();
    assertInstanceOf(Stepped.class, next());
  }

  @Test
  void memoryWorkWaitsWhereTheDeviceHasOneThreadForBoth() throws InterruptedException {
    startStep(false);
    owner.execute(() -> engine.unload(4, LEAVING));
    assertNull(events.poll(200, TimeUnit.MILLISECONDS));
    stepMayEnd.countDown();
    assertInstanceOf(Stepped.class, next());
    assertInstanceOf(Unloaded.class, next());
  }

  /** Two instances are loaded, and one of them is in its step. */
  private void startStep(boolean besideSteps) throws InterruptedException {
    engine =
        new ThreadedEngine(
            new EngineDescription("slow", "steps that wait", false),
            new SlowBackend(besideSteps),
            owner,
            events::add);
    owner.execute(() -> engine.load(0, BUSY, new ModelSource(new ModelId("busy"), List.of(), 0)));
    assertInstanceOf(Loaded.class, next());
    owner.execute(
        () -> engine.load(1, LEAVING, new ModelSource(new ModelId("leaving"), List.of(), 0)));
    assertEquals(LEAVING, assertInstanceOf(Loaded.class, next()).instance());
    owner.execute(() -> engine.step(new StepPlan(2, BUSY, List.of())));
    stepHasBegun.await();
  }

  private EngineEvent next() throws InterruptedException {
    EngineEvent event = events.poll(10, TimeUnit.SECONDS);
    if (event == null) {
      throw new AssertionError("no event within 10 s");
    }
    return event;
  }
}
