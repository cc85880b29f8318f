package io.slinfer.node;

import io.slinfer.engine.Engine;
import io.slinfer.engine.EngineEvent;
import io.slinfer.engine.EngineEvent.SequenceOutput;
import io.slinfer.engine.EngineListener;
import io.slinfer.engine.LoadedModel;
import io.slinfer.engine.ProbeSequences;
import io.slinfer.engine.Sequence;
import io.slinfer.engine.SequenceChunk;
import io.slinfer.engine.StepPlan;
import io.slinfer.kvcache.BlockPool;
import io.slinfer.request.Failure;
import io.slinfer.request.RequestLife;
import io.slinfer.scheduler.DeviceDriver;
import io.slinfer.scheduler.DeviceLoop;
import io.slinfer.scheduler.Instance;
import io.slinfer.scheduler.StepBatch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries out on an engine what the scheduler asks of a device: turns batches into step plans,
 * numbers of KV blocks into slabs, and the engine's reports into answers.
 *
 * <p>Blocks are what the scheduler counts; which ones a request gets is decided here, by the
 * instance's pool. A pool shares blocks between requests that begin alike, so it never needs more
 * than the scheduler has counted.
 *
 * <p>Confined to the node's owner.
 */
public final class EngineDriver implements DeviceDriver, EngineListener {

  private static final Logger LOG = LoggerFactory.getLogger(EngineDriver.class);

  /** An instance that the engine holds. */
  private record Held(LoadedModel model, BlockPool pool) {}

  /** What is to happen when the engine answers. */
  private record Asked(Instance instance, Answer whenDone, FailureAnswer whenFailed) {}

  @FunctionalInterface
  private interface Answer {
    void done(EngineEvent.Done event);
  }

  @FunctionalInterface
  private interface FailureAnswer {
    void failed(Failure failure);
  }

  private final int device;
  private final LiveRequests requests;
  private final ModelBook models;
  private final Turns timers;
  private final Map<Instance, Held> held = new HashMap<>();
  private final Map<Long, Asked> asked = new HashMap<>();
  private Engine engine;
  private DeviceLoop loop;
  private long lastTicket;
  private boolean deviceLost;

  /** The instance whose step the engine runs; null if there is none. */
  private Instance stepping;

  EngineDriver(int device, LiveRequests requests, ModelBook models, Turns timers) {
    this.device = device;
    this.requests = requests;
    this.models = models;
    this.timers = timers;
  }

  /** Connects the driver, before anything else. */
  void connect(DeviceLoop deviceLoop) {
    loop = deviceLoop;
  }

  /** The engine has started. */
  public void engine(Engine started) {
    engine = started;
  }

  /** KV blocks in use by sequences, of all instances. */
  int usedBlocks() {
    return held.values().stream().mapToInt(instance -> instance.pool().usedBlocks()).sum();
  }

  // Steps.

  @Override
  public void step(Instance instance) {
    stepping = instance;
    StepBatch batch = instance.batch();
    BlockPool pool = held.get(instance).pool();
    List<SequenceChunk> chunks = new ArrayList<>(batch.requests().size());
    for (int i = 0; i < batch.requests().size(); i++) {
      RequestLife life = batch.requests().get(i);
      LiveRequest request = requests.of(life);
      Sequence sequence = request.sequence();
      assert sequence.computed() == life.computedTokens() : life.id();
      boolean enough = pool.reserve(sequence.blocks(), sequence.computed() + batch.chunk(i));
      assert enough : "the scheduler counts fewer blocks than are used on " + instance;
      requests.stepping(request, instance);
      chunks.add(new SequenceChunk(sequence, batch.chunk(i)));
    }
    long ticket =
        ask(
            instance,
            event -> stepped(instance, chunks, (EngineEvent.Stepped) event),
            failure -> {
              batch.requests().forEach(life -> requests.of(life).failure(failure));
              loop.onStepFailed(instance);
            });
    engine.step(new StepPlan(ticket, instance.id(), chunks));
  }

  // Steps that serve nobody.

  /** What an instance has on the engine; null if it is not loaded. */
  LoadedModel model(Instance instance) {
    Held home = held.get(instance);
    return home == null ? null : home.model();
  }

  /** Gives the sequences of a probe room for so many tokens; false if there are too few blocks. */
  boolean reserve(Instance instance, ProbeSequences sequences, int tokens) {
    return held.get(instance).pool().reserve(sequences.blocks(), tokens);
  }

  /** Gives the blocks of a probe back. */
  void release(Instance instance, ProbeSequences sequences) {
    Held home = held.get(instance);
    if (home != null) {
      home.pool().release(sequences.blocks());
    }
  }

  /** Runs a step that serves nobody, on a device that is idle; what it draws is dropped. */
  void probe(
      Instance instance, List<SequenceChunk> chunks, LongConsumer whenDone, Runnable whenFailed) {
    loop.probeStarted(instance);
    long ticket =
        ask(
            instance,
            event -> whenDone.accept(event.durationNanos()),
            failure -> {
              LOG.warn("{}: measuring its steps failed: {}", instance, failure.message());
              whenFailed.run();
            });
    engine.step(new StepPlan(ticket, instance.id(), chunks));
  }

  private void stepped(Instance instance, List<SequenceChunk> chunks, EngineEvent.Stepped stepped) {
    stepping = null;
    boolean[] ended = new boolean[chunks.size()];
    int tokens = 0;
    int output = 0;
    for (int i = 0; i < ended.length; i++) {
      SequenceChunk chunk = chunks.get(i);
      Sequence sequence = chunk.sequence();
      boolean yields = chunk.yieldsToken();
      tokens += chunk.tokens();
      sequence.computed(sequence.computed() + chunk.tokens());
      held.get(instance).pool().index(sequence.blocks(), sequence::token, sequence.computed());
      if (yields) {
        SequenceOutput drawn = stepped.outputs().get(output++);
        assert drawn.sequence() == sequence : "outputs out of order";
        ended[i] = drawn(instance, requests.of(instance.batch().requests().get(i)), drawn);
      }
    }
    requests.stepped(instance, tokens, output, stepped.durationNanos());
    loop.onStepped(instance, index -> ended[index]);
  }

  /** True if the request ends with it. */
  private boolean drawn(Instance instance, LiveRequest request, SequenceOutput drawn) {
    if (drawn.failure() == null) {
      return requests.drawn(request, drawn.draw());
    }
    held.get(instance).pool().forget(request.sequence().blocks());
    request.failure(drawn.failure());
    return true;
  }

  @Override
  public int reusePrefix(Instance instance, RequestLife life) {
    LiveRequest request = requests.of(life);
    Sequence sequence = request.sequence();
    if (sequence.sampling().needsWholePrompt()) {
      return 0;
    }
    Held home = held.get(instance);
    int length = sequence.length();
    int tokens =
        home.pool()
            .reusePrefix(
                sequence.blocks(), sequence::token, length, home.model().keyVariant(length));
    sequence.computed(tokens);
    request.cachedTokens(Math.min(tokens, sequence.promptLength()));
    return tokens;
  }

  @Override
  public void freed(Instance instance, RequestLife life) {
    LiveRequest request = requests.of(life);
    Held home = held.get(instance);
    if (home != null) {
      home.pool().release(request.sequence().blocks());
    }
    request.sequence().computed(0);
  }

  // Memory.

  @Override
  public void load(Instance instance) {
    if (held.containsKey(instance)) {
      long ticket = askMemoryWork(instance, () -> {}, failure -> loop.onActionFailed(instance));
      engine.readWeights(ticket, instance.id());
      return;
    }
    long ticket =
        ask(
            instance,
            event -> loaded(instance, (EngineEvent.Loaded) event),
            failure -> {
              models.loadFailed(instance.model(), failure, timers.nowNanos());
              loop.onActionFailed(instance);
            });
    engine.load(ticket, instance.id(), models.source(instance.model()));
  }

  private void loaded(Instance instance, EngineEvent.Loaded loaded) {
    LoadedModel model = loaded.model();
    BlockPool pool = new BlockPool(model.blocksPerSlab(), model.maxSlabs());
    held.put(instance, new Held(model, pool));
    models.loaded(instance.model(), loaded);
    if (instance.usableBlocks() == 0) {
      loop.onActionDone(instance, loaded.durationNanos());
    } else {
      // Its KV had room before its weights had.
      grow(instance, pool, Math.ceilDiv(instance.usableBlocks(), pool.blocksPerSlab()));
    }
  }

  @Override
  public void resize(Instance instance, int fromBlocks, int toBlocks, int liveBlocks) {
    Held home = held.get(instance);
    if (home == null) {
      doneSoon(instance);
      return;
    }
    BlockPool pool = home.pool();
    int change = Math.ceilDiv(toBlocks, pool.blocksPerSlab()) - pool.heldSlabs();
    if (change == 0) {
      doneSoon(instance);
    } else if (change > 0) {
      grow(instance, pool, change);
    } else {
      shrink(instance, pool, -change);
    }
  }

  private void grow(Instance instance, BlockPool pool, int count) {
    int[] slabs = pool.planGrow(count);
    if (slabs.length < count) {
      pool.refused(slabs);
      timers.at(timers.nowNanos(), () -> loop.onActionFailed(instance));
      return;
    }
    long ticket =
        askMemoryWork(
            instance,
            () -> pool.grown(slabs),
            failure -> {
              pool.refused(slabs);
              loop.onActionFailed(instance);
            });
    engine.mapSlabs(ticket, instance.id(), slabs);
  }

  private void shrink(Instance instance, BlockPool pool, int count) {
    int[] slabs = pool.planShrink(count);
    if (slabs.length == 0) {
      doneSoon(instance);
      return;
    }
    long ticket =
        askMemoryWork(instance, () -> pool.shrunk(slabs), failure -> unexpected(instance, failure));
    engine.unmapSlabs(ticket, instance.id(), slabs);
  }

  @Override
  public void evict(Instance instance) {
    doneSoon(instance);
  }

  @Override
  public void unload(Instance instance) {
    if (keepsKv(instance)) {
      long ticket = askMemoryWork(instance, () -> {}, failure -> unexpected(instance, failure));
      engine.dropWeights(ticket, instance.id());
      return;
    }
    if (held.remove(instance) == null) {
      doneSoon(instance);
      return;
    }
    long ticket =
        askMemoryWork(
            instance,
            () -> models.unloaded(instance.model()),
            failure -> unexpected(instance, failure));
    engine.unload(ticket, instance.id());
  }

  /** Whether its keys and values stay on the device while its weights are away. */
  private static boolean keepsKv(Instance instance) {
    return instance.device().keepsPausedKv() && instance.isPaused() && !instance.isLeaving();
  }

  @Override
  public void exportKv(Instance instance, List<RequestLife> lives, long bytes) {
    if (instance.device().keepsPausedKv()) {
      doneSoon(instance);
      return;
    }
    new Copies(instance, lives).export();
  }

  @Override
  public void importKv(Instance instance, List<RequestLife> lives, long bytes) {
    if (instance.device().keepsPausedKv()) {
      doneSoon(instance);
      return;
    }
    new Copies(instance, lives).bringBack();
  }

  /** The copies of requests of an instance, to the host or back. */
  private final class Copies {

    private final Instance instance;
    private final List<RequestLife> lives;
    private int left;
    private long nanos;

    Copies(Instance instance, List<RequestLife> requests) {
      this.instance = instance;
      this.lives = requests.stream().filter(life -> life.computedTokens() > 0).toList();
      this.left = lives.size();
    }

    void export() {
      for (RequestLife life : lives) {
        LiveRequest request = requests.of(life);
        long ticket =
            ask(
                instance,
                event -> {
                  request.image(((EngineEvent.Exported) event).image());
                  ended(event.durationNanos());
                },
                failure -> unexpected(instance, failure));
        engine.exportKv(ticket, instance.id(), request.sequence());
      }
      endIfNone();
    }

    void bringBack() {
      BlockPool pool = held.get(instance).pool();
      for (RequestLife life : lives) {
        LiveRequest request = requests.of(life);
        Sequence sequence = request.sequence();
        boolean enough = pool.reserve(sequence.blocks(), request.image().tokens());
        assert enough : "the scheduler counts fewer blocks than come back to " + instance;
        long ticket =
            ask(
                instance,
                event -> {
                  sequence.computed(request.image().tokens());
                  request.image(null);
                  ended(event.durationNanos());
                },
                failure -> unexpected(instance, failure));
        engine.importKv(ticket, instance.id(), sequence, request.image());
      }
      endIfNone();
    }

    private void ended(long durationNanos) {
      nanos += durationNanos;
      if (--left == 0) {
        loop.onActionDone(instance, nanos);
      }
    }

    private void endIfNone() {
      if (lives.isEmpty()) {
        doneSoon(instance);
      }
    }
  }

  // Answers.

  @Override
  public void onEvent(EngineEvent event) {
    Asked question = asked.remove(event.ticket());
    if (question == null && deviceLost) {
      return;
    }
    if (question == null) {
      throw new IllegalStateException("the engine answers what nobody asked: " + event);
    }
    timers.take(
        new Input.Engine(device, event),
        () -> {
          switch (event) {
            case EngineEvent.Failed failed -> failed(question, failed.failure());
            case EngineEvent.Done done -> question.whenDone().done(done);
          }
        });
  }

  /**
   * After a failure of the device itself the step's requests end with it; those that still waited
   * or ran in other instances find other places, and nothing is placed here again.
   */
  private void failed(Asked question, Failure failure) {
    boolean ofDevice =
        failure instanceof Failure.Unavailable unavailable
            && unavailable.reason().equals(Engine.DEVICE_FAILED);
    if (!ofDevice || question.instance().equals(stepping)) {
      question.whenFailed().failed(failure);
    }
    if (ofDevice) {
      deviceLost = true;
      loop.onDeviceLost();
      held.clear();
      asked.clear();
    }
  }

  /**
   * Asks for the one piece of memory work that is under way on an instance.
   *
   * @param whenDone before the loop hears of it
   */
  private long askMemoryWork(Instance instance, Runnable whenDone, FailureAnswer whenFailed) {
    return ask(
        instance,
        event -> {
          whenDone.run();
          loop.onActionDone(instance, event.durationNanos());
        },
        whenFailed);
  }

  private long ask(Instance instance, Answer whenDone, FailureAnswer whenFailed) {
    asked.put(++lastTicket, new Asked(instance, whenDone, whenFailed));
    return lastTicket;
  }

  private void doneSoon(Instance instance) {
    timers.at(timers.nowNanos(), () -> loop.onActionDone(instance, 0));
  }

  private static void unexpected(Instance instance, Failure failure) {
    throw new IllegalStateException(instance + ": " + failure.message());
  }
}
