package io.slinfer.engine.device;

import io.slinfer.engine.Engine;
import io.slinfer.engine.EngineDescription;
import io.slinfer.engine.EngineEvent;
import io.slinfer.engine.EngineListener;
import io.slinfer.engine.KvImage;
import io.slinfer.engine.ModelSource;
import io.slinfer.engine.Sequence;
import io.slinfer.engine.StepPlan;
import io.slinfer.model.UnservableModelException;
import io.slinfer.request.Failure;
import io.slinfer.request.InstanceId;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An engine over a {@link Backend}. Four threads meet here: the owner's, which calls the methods
 * and gets the events; the step thread; the loader, which loads models while steps go on; and the
 * memory thread, which does an instance's memory work beside the steps of others, where the backend
 * can. Commands of one instance run one after the other, on whichever thread.
 */
public final class ThreadedEngine implements Engine {

  private final EngineDescription description;
  private final Backend backend;
  private final Executor owner;
  private final EngineListener listener;
  private final ExecutorService stepThread;
  private final ExecutorService loader;

  /** The step thread itself if the backend has one thread for both. */
  private final ExecutorService memoryThread;

  /** Accessed by the owner. */
  private final Map<InstanceId, Slot> slots = new HashMap<>();

  private volatile boolean closed;

  /** Accessed by any thread: what {@link #close} has to free. */
  private final Set<DeviceInstance> open = ConcurrentHashMap.newKeySet();

  /** Made at the first failure: starting a logger costs 0.17 s of CPU time before a first token. */
  private static final class Log {
    private static final Logger LOG = LoggerFactory.getLogger(ThreadedEngine.class);
  }

  /** What the owner knows of one instance. */
  private static final class Slot {
    /** Commands that came while it was busy. */
    private final Queue<Runnable> waiting = new ArrayDeque<>();

    /** It is loading, or a command of it is on a thread. */
    private boolean busy = true;

    /** Null until it is loaded. */
    private DeviceInstance instance;

    private boolean unloading;
  }

  /** What a command does on its thread. */
  @FunctionalInterface
  private interface Command {
    EngineEvent run(DeviceInstance instance, long startNanos) throws Exception;
  }

  /**
   * @param description of the backend; its kind names the threads
   * @param backend closed with the engine
   * @param owner runs tasks on the owner's thread, in order
   * @param listener gets events there
   */
  public ThreadedEngine(
      EngineDescription description, Backend backend, Executor owner, EngineListener listener) {
    this.backend = backend;
    this.owner = owner;
    this.listener = listener;
    this.description = description;
    this.stepThread = singleThread("slinfer-" + description.kind() + "-step");
    this.loader = singleThread("slinfer-" + description.kind() + "-load");
    stepThread.execute(backend::attach);
    loader.execute(backend::attach);
    if (backend.movesMemoryBesideSteps()) {
      memoryThread = singleThread("slinfer-" + description.kind() + "-memory");
      memoryThread.execute(backend::attach);
    } else {
      memoryThread = stepThread;
    }
  }

  private static ExecutorService singleThread(String name) {
    return Executors.newSingleThreadExecutor(
        task -> Thread.ofPlatform().name(name).daemon(true).unstarted(task));
  }

  @Override
  public EngineDescription description() {
    return description;
  }

  @Override
  public void load(long ticket, InstanceId instance, ModelSource source) {
    if (slots.containsKey(instance)) {
      fail(ticket, instance, new Failure.Internal("instance " + instance + " exists already"));
      return;
    }
    Slot slot = new Slot();
    slots.put(instance, slot);
    loader.execute(
        () -> {
          long start = System.nanoTime();
          try {
            DeviceInstance loaded = backend.load(source);
            open.add(loaded);
            long duration = System.nanoTime() - start;
            owner.execute(() -> onLoaded(ticket, instance, slot, loaded, duration));
          } catch (Throwable failure) {
            Failure reason = loadFailure(source, failure);
            owner.execute(() -> onLoadFailed(ticket, instance, slot, reason));
          }
        });
  }

  private void onLoaded(
      long ticket, InstanceId id, Slot slot, DeviceInstance loaded, long durationNanos) {
    slot.instance = loaded;
    listener.onEvent(new EngineEvent.Loaded(ticket, id, loaded.loadedModel(), durationNanos));
    advance(slot);
  }

  private void onLoadFailed(long ticket, InstanceId id, Slot slot, Failure reason) {
    slots.remove(id, slot);
    listener.onEvent(new EngineEvent.Failed(ticket, id, reason));
    advance(slot);
  }

  private Failure loadFailure(ModelSource source, Throwable failure) {
    Failure ofDevice = backend.failureOf(failure);
    if (ofDevice != null) {
      return ofDevice;
    }
    return switch (failure) {
      case IOException e -> unavailable(source, e.getMessage(), "model_unreadable");
      case UnservableModelException e -> unavailable(source, e.getMessage(), "model_unservable");
      case OutOfMemoryError e -> unavailable(source, e.getMessage(), "out_of_memory");
      default -> {
        Log.LOG.error("Loading {} failed", source.model(), failure);
        yield new Failure.Internal("loading " + source.model() + " failed: " + failure);
      }
    };
  }

  private static Failure unavailable(ModelSource source, String message, String reason) {
    return new Failure.Unavailable("model " + source.model() + ": " + message, reason, 0);
  }

  @Override
  public void step(StepPlan plan) {
    run(
        stepThread,
        plan.ticket(),
        plan.instance(),
        (instance, start) ->
            new EngineEvent.Stepped(
                plan.ticket(), plan.instance(), instance.step(plan), System.nanoTime() - start));
  }

  @Override
  public void mapSlabs(long ticket, InstanceId id, int[] slabs) {
    run(
        memoryThread,
        ticket,
        id,
        (instance, start) -> {
          instance.mapSlabs(slabs);
          return new EngineEvent.Resized(ticket, id, System.nanoTime() - start);
        });
  }

  @Override
  public void unmapSlabs(long ticket, InstanceId id, int[] slabs) {
    run(
        memoryThread,
        ticket,
        id,
        (instance, start) -> {
          instance.unmapSlabs(slabs);
          return new EngineEvent.Resized(ticket, id, System.nanoTime() - start);
        });
  }

  @Override
  public void exportKv(long ticket, InstanceId id, Sequence sequence) {
    run(
        stepThread,
        ticket,
        id,
        (instance, start) ->
            new EngineEvent.Exported(
                ticket, id, instance.exportKv(sequence), System.nanoTime() - start));
  }

  @Override
  public void importKv(long ticket, InstanceId id, Sequence sequence, KvImage image) {
    run(
        stepThread,
        ticket,
        id,
        (instance, start) -> {
          instance.importKv(sequence, image);
          return new EngineEvent.Imported(ticket, id, System.nanoTime() - start);
        });
  }

  @Override
  public void dropWeights(long ticket, InstanceId id) {
    run(
        memoryThread,
        ticket,
        id,
        (instance, start) -> {
          instance.dropWeights();
          return new EngineEvent.Unloaded(ticket, id, System.nanoTime() - start);
        });
  }

  @Override
  public void readWeights(long ticket, InstanceId id) {
    run(
        memoryThread,
        ticket,
        id,
        (instance, start) -> {
          instance.readWeights();
          return new EngineEvent.Loaded(
              ticket, id, instance.loadedModel(), System.nanoTime() - start);
        });
  }

  @Override
  public void unload(long ticket, InstanceId id) {
    run(
        memoryThread,
        ticket,
        id,
        (instance, start) -> {
          open.remove(instance);
          instance.close();
          return new EngineEvent.Unloaded(ticket, id, System.nanoTime() - start);
        });
    Slot slot = slots.get(id);
    if (slot != null) {
      slot.unloading = true;
      if (slot.instance != null) {
        slots.remove(id);
      }
    }
  }

  /** Sends a command to a thread, now or after what the instance is busy with. */
  private void run(ExecutorService thread, long ticket, InstanceId id, Command command) {
    Slot slot = slots.get(id);
    if (slot == null || slot.unloading) {
      fail(ticket, id, new Failure.Internal("instance " + id + " is not loaded"));
    } else if (slot.busy) {
      slot.waiting.add(() -> send(thread, ticket, id, slot, command));
    } else {
      slot.busy = true;
      send(thread, ticket, id, slot, command);
    }
  }

  /** What the instance was busy with has ended and been told: the next of its commands, if any. */
  private void advance(Slot slot) {
    Runnable next = closed ? null : slot.waiting.poll();
    if (next == null) {
      slot.busy = false;
    } else {
      next.run();
    }
  }

  private void send(
      ExecutorService thread, long ticket, InstanceId id, Slot slot, Command command) {
    DeviceInstance instance = slot.instance;
    if (instance == null) {
      fail(ticket, id, new Failure.Internal("instance " + id + " did not load"));
      advance(slot);
      return;
    }
    if (slot.unloading) {
      slots.remove(id, slot);
    }
    thread.execute(
        () -> {
          EngineEvent event;
          try {
            event = command.run(instance, System.nanoTime());
          } catch (Throwable failure) {
            event = new EngineEvent.Failed(ticket, id, stepFailure(id, failure));
          }
          EngineEvent result = event;
          owner.execute(
              () -> {
                listener.onEvent(result);
                advance(slot);
              });
        });
  }

  private Failure stepFailure(InstanceId id, Throwable failure) {
    Failure ofDevice = backend.failureOf(failure);
    if (ofDevice != null) {
      return ofDevice;
    }
    Log.LOG.error("A command on {} failed", id, failure);
    return new Failure.Internal(String.valueOf(failure));
  }

  private void fail(long ticket, InstanceId id, Failure failure) {
    owner.execute(() -> listener.onEvent(new EngineEvent.Failed(ticket, id, failure)));
  }

  @Override
  public void close() {
    closed = true;
    await(loader);
    if (memoryThread != stepThread) {
      await(memoryThread);
    }
    stepThread.execute(
        () -> {
          open.forEach(DeviceInstance::close);
          open.clear();
          backend.close();
        });
    await(stepThread);
  }

  private static void await(ExecutorService thread) {
    thread.shutdown();
    boolean interrupted = false;
    while (true) {
      try {
        if (thread.awaitTermination(1, TimeUnit.HOURS)) {
          break;
        }
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
