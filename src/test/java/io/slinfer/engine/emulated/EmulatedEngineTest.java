package io.slinfer.engine.emulated;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.cost.LatencyProfile;
import io.slinfer.cost.LatencyProfile.Curve;
import io.slinfer.cost.LatencyProfile.DecodeRow;
import io.slinfer.cost.MemoryTimes;
import io.slinfer.cost.ModelShape;
import io.slinfer.engine.EngineEvent;
import io.slinfer.engine.EngineEvent.Failed;
import io.slinfer.engine.EngineEvent.Loaded;
import io.slinfer.engine.EngineEvent.Stepped;
import io.slinfer.engine.ModelSource;
import io.slinfer.engine.Sequence;
import io.slinfer.engine.SequenceChunk;
import io.slinfer.engine.StepPlan;
import io.slinfer.request.InstanceId;
import io.slinfer.request.ModelId;
import io.slinfer.request.RequestId;
import io.slinfer.request.Sampling;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class EmulatedEngineTest {

  private static final long MILLI = 1_000_000;
  private static final InstanceId ONE = new InstanceId("one");
  private static final InstanceId TWO = new InstanceId("two");

  /** 100 MB of weights; 100 ms a prompt of 100 tokens; 10 ms a decode step, 12 ms for two. */
  private static final EmulatedModel MODEL =
      new EmulatedModel(
          new ModelShape(100_000_000, 1_024, 10),
          new LatencyProfile(
              new Curve(new double[] {1, 100}, new double[] {MILLI, 100 * MILLI}),
              List.of(
                  new DecodeRow(
                      1_000,
                      new Curve(new double[] {1, 2}, new double[] {10 * MILLI, 12 * MILLI})))),
          2_048,
          new MadeUpTokens(1_000, IntStream.range(10, 900).toArray(), 2, 0));

  /** Loads at 1 GB/s after 50 ms. */
  private static final MemoryTimes TIMES = new MemoryTimes(50 * MILLI, 1, 0, 1, MILLI, MILLI, 0);

  private final VirtualTime clock = new VirtualTime();
  private final List<EngineEvent> events = new ArrayList<>();
  private final List<Long> eventMillis = new ArrayList<>();

  /** Time that passes when the test says so; what is due together ends last come first. */
  private static final class VirtualTime implements EmulatedClock {

    private record Task(long atNanos, long order, Runnable work) {}

    private final PriorityQueue<Task> tasks =
        new PriorityQueue<>(
            Comparator.comparingLong(Task::atNanos)
                .thenComparing(Task::order, (a, b) -> Long.compare(b, a)));
    private long nowNanos;
    private long orders;

    @Override
    public long nanoTime() {
      return nowNanos;
    }

    @Override
    public void after(long nanos, Runnable task) {
      tasks.add(new Task(nowNanos + nanos, orders++, task));
    }

    void runAll() {
      while (!tasks.isEmpty()) {
        Task next = tasks.remove();
        nowNanos = next.atNanos;
        next.work.run();
      }
    }

    @Override
    public void close() {
      tasks.clear();
    }
  }

  private EmulatedEngine engine(double speed, long capacityBytes) {
    return new EmulatedEngine(
        new EmulatedDevice("test", capacityBytes, TIMES, speed),
        source -> MODEL,
        clock,
        event -> {
          events.add(event);
          eventMillis.add(clock.nanoTime() / MILLI);
        });
  }

  private static ModelSource source(String model) {
    return new ModelSource(new ModelId(model), List.of(), 0);
  }

  private static Sequence sequence(String id, int promptTokens, int room) {
    Sequence sequence =
        new Sequence(
            new RequestId(id), IntStream.range(0, promptTokens).toArray(), Sampling.GREEDY);
    for (int block = 0; block * 16 < room; block++) {
      sequence.blocks().add(block);
    }
    return sequence;
  }

  private EmulatedEngine ready(double speed) {
    EmulatedEngine engine = engine(speed, 1L << 30);
    engine.load(1, ONE, source("m"));
    clock.runAll();
    int slabs = ((Loaded) events.getFirst()).model().maxSlabs();
    engine.mapSlabs(2, ONE, IntStream.range(0, Math.min(slabs, 8)).toArray());
    clock.runAll();
    events.clear();
    eventMillis.clear();
    return engine;
  }

  @Test
  void loadsShareTheLinkAndTakeTheirBytesTime() {
    EmulatedEngine engine = engine(1, 1L << 30);
    engine.load(1, ONE, source("a"));
    engine.load(2, TWO, source("b"));
    clock.runAll();
    assertEquals(List.of(150L, 250L), eventMillis);
    assertEquals(200_000_000, engine.usedBytes());
  }

  @Test
  void stepsTakeTheProfilesTimeDividedByTheSpeed() {
    EmulatedEngine engine = ready(2);
    long before = clock.nanoTime();
    Sequence a = sequence("a", 100, 128);
    engine.step(new StepPlan(3, ONE, List.of(new SequenceChunk(a, 50))));
    clock.runAll();
    assertEquals(25, (clock.nanoTime() - before) / MILLI, 1);
    a.computed(50);
    engine.step(new StepPlan(4, ONE, List.of(new SequenceChunk(a, 50))));
    clock.runAll();
    assertEquals(50, (clock.nanoTime() - before) / MILLI);
    assertEquals(1, ((Stepped) events.get(1)).outputs().size());
    a.computed(100);
    a.append(((Stepped) events.get(1)).outputs().getFirst().token());
    engine.step(new StepPlan(5, ONE, List.of(new SequenceChunk(a, 1))));
    clock.runAll();
    assertEquals(55, (clock.nanoTime() - before) / MILLI);
  }

  @Test
  void tokensDependOnPromptAndPositionNotOnHowStepsWereCut() {
    EmulatedEngine engine = ready(Double.POSITIVE_INFINITY);
    Sequence whole = sequence("a", 40, 64);
    engine.step(new StepPlan(3, ONE, List.of(new SequenceChunk(whole, 40))));
    Sequence cut = sequence("b", 40, 64);
    cut.computed(39);
    engine.step(new StepPlan(4, ONE, List.of(new SequenceChunk(cut, 1))));
    Sequence other = sequence("c", 41, 64);
    engine.step(new StepPlan(5, ONE, List.of(new SequenceChunk(other, 41))));
    clock.runAll();
    List<Integer> tokens =
        events.stream().map(e -> ((Stepped) e).outputs().getFirst().token()).toList();
    assertEquals(tokens.get(0), tokens.get(1));
    assertNotEquals(tokens.get(0), tokens.get(2));
    assertTrue(tokens.stream().allMatch(token -> token >= 10 && token < 900));
  }

  @Test
  void refusesWhatDoesNotFitAndLeavesNothingBehind() {
    EmulatedEngine engine = engine(1, 150_000_000);
    engine.load(1, ONE, source("a"));
    engine.load(2, TWO, source("b"));
    clock.runAll();
    assertEquals(List.of(2L, 1L), events.stream().map(EngineEvent::ticket).toList());
    assertInstanceOf(Failed.class, events.getFirst());
    assertEquals(100_000_000, engine.usedBytes());
    engine.unload(3, ONE);
    clock.runAll();
    assertEquals(0, engine.usedBytes());
  }

  @Test
  void weightsLeaveAndComeBackWhileKvStays() {
    EmulatedEngine engine = engine(1, 150_000_000);
    engine.load(1, ONE, source("a"));
    engine.mapSlabs(2, ONE, new int[] {0});
    clock.runAll();
    long held = engine.usedBytes();
    engine.dropWeights(3, ONE);
    clock.runAll();
    assertEquals(held - 100_000_000, engine.usedBytes());
    engine.load(4, TWO, source("b"));
    clock.runAll();
    engine.readWeights(5, ONE);
    clock.runAll();
    assertInstanceOf(Failed.class, events.getLast(), "there is no room for both");
    engine.unload(6, TWO);
    clock.runAll();
    engine.readWeights(7, ONE);
    clock.runAll();
    assertEquals(held, engine.usedBytes());
    Sequence a = sequence("a", 10, 16);
    engine.step(new StepPlan(8, ONE, List.of(new SequenceChunk(a, 10))));
    engine.dropWeights(9, ONE);
    engine.unload(10, ONE);
    clock.runAll();
    assertEquals(0, engine.usedBytes());
    assertEquals(10, events.getLast().ticket());
  }

  @Test
  void aStepOutsideMappedSlabsFails() {
    EmulatedEngine engine = engine(1, 1L << 30);
    engine.load(1, ONE, source("m"));
    Sequence a = sequence("a", 10, 16);
    clock.runAll();
    engine.step(new StepPlan(2, ONE, List.of(new SequenceChunk(a, 10))));
    clock.runAll();
    assertInstanceOf(Failed.class, events.getLast());
    assertTrue(((Failed) events.getLast()).failure().message().contains("unmapped slab"));
  }

  @Test
  void commandsKeepTheirOrderAlsoWhenTheyEndTogether() {
    EmulatedEngine engine = engine(Double.POSITIVE_INFINITY, 1L << 30);
    engine.load(1, ONE, source("m"));
    engine.mapSlabs(2, ONE, new int[] {0, 1});
    engine.unmapSlabs(3, ONE, new int[] {1});
    engine.mapSlabs(4, ONE, new int[] {1});
    engine.unload(5, ONE);
    engine.mapSlabs(6, ONE, new int[] {2});
    clock.runAll();
    List<Long> answered =
        events.stream().filter(e -> e.ticket() != 6).map(EngineEvent::ticket).toList();
    assertEquals(List.of(1L, 2L, 3L, 4L, 5L), answered);
    assertTrue(
        events.stream().anyMatch(e -> e.ticket() == 6 && e instanceof Failed), events.toString());
    assertEquals(0, engine.usedBytes());
  }

  @Test
  void saysThatItIsEmulated() {
    assertTrue(engine(1, 1).description().emulated());
    assertEquals("emulated", engine(1, 1).description().kind());
  }
}
