package io.slinfer.engine.cpu;

import io.slinfer.engine.Engine;
import io.slinfer.engine.EngineDescription;
import io.slinfer.engine.EngineEvent;
import io.slinfer.engine.EngineListener;
import io.slinfer.engine.KvImage;
import io.slinfer.engine.ModelSource;
import io.slinfer.engine.Sequence;
import io.slinfer.engine.StepPlan;
import io.slinfer.ffi.ReservedMemory;
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
 * The engine on a CPU. Three threads meet here: the owner's, which calls the methods and gets the
 * events; the step thread, which runs everything that touches an instance, in the order given; and
 * the loader, which maps files while steps go on.
 */
public final class CpuEngine implements Engine {

  private final EngineDescription description;
  private final CpuKernels kernels;
  private final Settings settings;
  private final ReservedMemory scratch;
  private final Executor owner;
  private final EngineListener listener;
  private final ExecutorService stepThread;
  private final ExecutorService loader;

  /** Accessed by the owner. */
  private final Map<InstanceId, Slot> slots = new HashMap<>();

  /** Accessed by any thread: what {@link #close} has to free. */
  private final Set<CpuInstance> open = ConcurrentHashMap.newKeySet();

  /**
   * @param kvAddressBytes address space for the KV blocks of each instance: at least what the
   *     device could ever give one; takes no memory by itself
   * @param observer sees logits; {@link LogitsObserver#NONE} in service
   * @param scratchBytes memory for the activations of a step, shared by all instances
   * @param takesAhead whether memory is taken before it is used: a load reads the whole file, KV
   *     and scratch are backed when they are given out. Then what is held is known, and no step
   *     waits for the disk; else pages come as steps need them
   */
  public record Settings(
      String kind,
      long kvAddressBytes,
      LogitsObserver observer,
      long scratchBytes,
      boolean takesAhead) {

    /** Address space enough for a pass of the largest models. */
    private static final long ROOMY_SCRATCH_BYTES = 1L << 31;

    /** Memory is taken as steps need it. */
    public Settings(String kind, long kvAddressBytes, LogitsObserver observer) {
      this(kind, kvAddressBytes, observer, ROOMY_SCRATCH_BYTES, false);
    }
  }

  /** Made at the first failure: starting a logger costs 0.17 s of CPU time before a first token. */
  private static final class Log {
    private static final Logger LOG = LoggerFactory.getLogger(CpuEngine.class);
  }

  /** What the owner knows of one instance. */
  private static final class Slot {
    /** Commands that came while it was loading. */
    private final Queue<Runnable> waiting = new ArrayDeque<>();

    /** Null while it is loading. */
    private CpuInstance instance;

    private boolean unloading;
  }

  /** What a command does on the step thread. */
  @FunctionalInterface
  private interface Command {
    EngineEvent run(CpuInstance instance, long startNanos) throws Exception;
  }

  /**
   * @param kernels closed with the engine
   * @param owner runs tasks on the owner's thread, in order
   * @param listener gets events there
   */
  public CpuEngine(CpuKernels kernels, Settings settings, Executor owner, EngineListener listener) {
    this.kernels = kernels;
    this.settings = settings;
    this.scratch = ReservedMemory.of(settings.scratchBytes());
    if (settings.takesAhead()) {
      scratch.take(0, scratch.segment().byteSize());
    }
    this.owner = owner;
    this.listener = listener;
    this.description = new EngineDescription(settings.kind(), kernels.description(), false);
    this.stepThread = singleThread("slinfer-" + settings.kind() + "-step");
    this.loader = singleThread("slinfer-" + settings.kind() + "-load");
  }

  private static ExecutorService singleThread(String name) {
    return Executors.newSingleThreadExecutor(
        task -> Thread.ofPlatform().name(name).daemon(true).unstarted(task));
  }

  /** What a KV block takes that holds this many bytes: whole pages. */
  public static long kvBlockBytes(long contentBytes) {
    return KvSpace.strideBytes(contentBytes);
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
            CpuInstance loaded = CpuInstance.load(surroundings(), source);
            if (settings.takesAhead()) {
              loaded.readWeights();
            }
            open.add(loaded);
            long duration = System.nanoTime() - start;
            owner.execute(() -> onLoaded(ticket, instance, slot, loaded, duration));
          } catch (Throwable failure) {
            Failure reason = loadFailure(source, failure);
            owner.execute(() -> onLoadFailed(ticket, instance, slot, reason));
          }
        });
  }

  private CpuInstance.Surroundings surroundings() {
    return new CpuInstance.Surroundings(
        kernels, settings.kvAddressBytes(), settings.observer(), scratch.segment());
  }

  private void onLoaded(
      long ticket, InstanceId id, Slot slot, CpuInstance loaded, long durationNanos) {
    slot.instance = loaded;
    listener.onEvent(new EngineEvent.Loaded(ticket, id, loaded.loadedModel(), durationNanos));
    slot.waiting.forEach(Runnable::run);
    slot.waiting.clear();
  }

  private void onLoadFailed(long ticket, InstanceId id, Slot slot, Failure reason) {
    slots.remove(id, slot);
    listener.onEvent(new EngineEvent.Failed(ticket, id, reason));
    slot.waiting.forEach(Runnable::run);
    slot.waiting.clear();
  }

  private static Failure loadFailure(ModelSource source, Throwable failure) {
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
        plan.ticket(),
        plan.instance(),
        (instance, start) ->
            new EngineEvent.Stepped(
                plan.ticket(), plan.instance(), instance.step(plan), System.nanoTime() - start));
  }

  @Override
  public void mapSlabs(long ticket, InstanceId id, int[] slabs) {
    run(
        ticket,
        id,
        (instance, start) -> {
          instance.kv().map(slabs, settings.takesAhead());
          return new EngineEvent.Resized(ticket, id, System.nanoTime() - start);
        });
  }

  @Override
  public void unmapSlabs(long ticket, InstanceId id, int[] slabs) {
    run(
        ticket,
        id,
        (instance, start) -> {
          instance.kv().unmap(slabs);
          return new EngineEvent.Resized(ticket, id, System.nanoTime() - start);
        });
  }

  @Override
  public void exportKv(long ticket, InstanceId id, Sequence sequence) {
    run(
        ticket,
        id,
        (instance, start) ->
            new EngineEvent.Exported(
                ticket, id, instance.kv().copyOut(sequence), System.nanoTime() - start));
  }

  @Override
  public void importKv(long ticket, InstanceId id, Sequence sequence, KvImage image) {
    run(
        ticket,
        id,
        (instance, start) -> {
          if (!(image instanceof CpuKvImage own)) {
            throw new IllegalArgumentException("the image is not one of this kind of engine");
          }
          instance.kv().copyIn(sequence, own);
          return new EngineEvent.Imported(ticket, id, System.nanoTime() - start);
        });
  }

  @Override
  public void unload(long ticket, InstanceId id) {
    run(
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

  /** Sends a command to the step thread, now or as soon as the instance is loaded. */
  private void run(long ticket, InstanceId id, Command command) {
    Slot slot = slots.get(id);
    if (slot == null || slot.unloading) {
      fail(ticket, id, new Failure.Internal("instance " + id + " is not loaded"));
    } else if (slot.instance == null) {
      slot.waiting.add(() -> send(ticket, id, slot, command));
    } else {
      send(ticket, id, slot, command);
    }
  }

  private void send(long ticket, InstanceId id, Slot slot, Command command) {
    CpuInstance instance = slot.instance;
    if (instance == null) {
      fail(ticket, id, new Failure.Internal("instance " + id + " did not load"));
      return;
    }
    if (slot.unloading) {
      slots.remove(id, slot);
    }
    stepThread.execute(
        () -> {
          EngineEvent event;
          try {
            event = command.run(instance, System.nanoTime());
          } catch (Throwable failure) {
            Log.LOG.error("A command on {} failed", id, failure);
            event =
                new EngineEvent.Failed(ticket, id, new Failure.Internal(String.valueOf(failure)));
          }
          EngineEvent result = event;
          owner.execute(() -> listener.onEvent(result));
        });
  }

  private void fail(long ticket, InstanceId id, Failure failure) {
    owner.execute(() -> listener.onEvent(new EngineEvent.Failed(ticket, id, failure)));
  }

  @Override
  public void close() {
    await(loader);
    stepThread.execute(
        () -> {
          open.forEach(CpuInstance::close);
          open.clear();
          kernels.close();
          scratch.close();
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
