package io.slinfer.testing;

import io.slinfer.engine.Engine;
import io.slinfer.engine.EngineDescription;
import io.slinfer.engine.EngineEvent;
import io.slinfer.engine.EngineEvent.SequenceOutput;
import io.slinfer.engine.EngineListener;
import io.slinfer.engine.KvImage;
import io.slinfer.engine.LoadedModel;
import io.slinfer.engine.ModelSource;
import io.slinfer.engine.Sampler;
import io.slinfer.engine.Sequence;
import io.slinfer.engine.SequenceChunk;
import io.slinfer.engine.StepPlan;
import io.slinfer.request.Failure;
import io.slinfer.request.InstanceId;
import io.slinfer.request.TokenDraw;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;

/**
 * An engine whose tokens come from a script and whose commands take a given time or, when held,
 * until they are let go. It checks what a plan promises: room in the block tables, mapped slabs,
 * one step at a time.
 */
public final class ScriptedEngine implements Engine {

  /**
   * What it does.
   *
   * @param nextToken the token that follows a sequence
   * @param stepNanos time of a step; 0 answers at once
   * @param loadFailure what loads answer instead of success, by model; null means success
   */
  public record Script(
      LoadedModel model,
      Function<Sequence, Integer> nextToken,
      ToLongFunction<StepPlan> stepNanos,
      long loadNanos,
      Function<ModelSource, Failure> loadFailure) {

    /** Steps and loads that answer at once, and always succeed. */
    public static Script of(LoadedModel model, Function<Sequence, Integer> nextToken) {
      return new Script(model, nextToken, plan -> 0, 0, source -> null);
    }

    public Script taking(long newStepNanos, long newLoadNanos) {
      return taking(plan -> newStepNanos, newLoadNanos);
    }

    public Script taking(ToLongFunction<StepPlan> newStepNanos, long newLoadNanos) {
      return new Script(model, nextToken, newStepNanos, newLoadNanos, loadFailure);
    }

    public Script failingLoads(Function<ModelSource, Failure> failure) {
      return new Script(model, nextToken, stepNanos, loadNanos, failure);
    }
  }

  private final Script script;
  private final EngineListener listener;
  private final Executor owner;
  private final Delay delay;
  private final List<StepPlan> steps = Collections.synchronizedList(new ArrayList<>());
  private final List<InstanceId> loads = Collections.synchronizedList(new ArrayList<>());
  private final List<InstanceId> drops = Collections.synchronizedList(new ArrayList<>());
  private final List<InstanceId> unloads = Collections.synchronizedList(new ArrayList<>());
  private final Queue<Runnable> held = new ArrayDeque<>();
  private boolean holding;
  private boolean stepping;
  private Failure broken;
  private int mappedSlabs;

  /** Lets time pass. */
  @FunctionalInterface
  public interface Delay {

    /** Runs a task on the owner's thread after this long. */
    void after(long nanos, Runnable task);
  }

  /** An engine whose commands take real time. */
  public ScriptedEngine(Script script, EngineListener listener, Executor owner) {
    this(script, listener, owner, realTime(owner));
  }

  public ScriptedEngine(Script script, EngineListener listener, Executor owner, Delay delay) {
    this.script = script;
    this.listener = listener;
    this.owner = owner;
    this.delay = delay;
  }

  private static Delay realTime(Executor owner) {
    return (nanos, task) ->
        CompletableFuture.delayedExecutor(nanos, TimeUnit.NANOSECONDS)
            .execute(() -> owner.execute(task));
  }

  // Any thread: the test's hands.

  /** From now on steps and loads do not end until {@link #release}. */
  public synchronized void hold() {
    holding = true;
  }

  /** Lets go of what is held, and of what comes. */
  public void release() {
    List<Runnable> free;
    synchronized (this) {
      holding = false;
      free = List.copyOf(held);
      held.clear();
    }
    free.forEach(owner::execute);
  }

  /** Lets go of the oldest thing held; false if there is none. */
  public boolean releaseOne() {
    Runnable one;
    synchronized (this) {
      one = held.poll();
    }
    if (one != null) {
      owner.execute(one);
    }
    return one != null;
  }

  /** The plans of all steps so far. */
  public List<StepPlan> steps() {
    synchronized (steps) {
      return List.copyOf(steps);
    }
  }

  /** The loads so far. */
  public List<InstanceId> loads() {
    synchronized (loads) {
      return List.copyOf(loads);
    }
  }

  /** From now on every step ends with this failure. */
  public void breakDown(Failure failure) {
    broken = failure;
  }

  /** The unloads so far. */
  public List<InstanceId> unloads() {
    synchronized (unloads) {
      return List.copyOf(unloads);
    }
  }

  // The owner's thread.

  @Override
  public EngineDescription description() {
    return new EngineDescription("scripted", "tokens from a script", true);
  }

  @Override
  public void load(long ticket, InstanceId instance, ModelSource source) {
    loads.add(instance);
    Failure failure = script.loadFailure().apply(source);
    EngineEvent answer =
        failure == null
            ? new EngineEvent.Loaded(ticket, instance, script.model(), script.loadNanos())
            : new EngineEvent.Failed(ticket, instance, failure);
    after(script.loadNanos(), () -> listener.onEvent(answer));
  }

  @Override
  public void step(StepPlan plan) {
    if (stepping) {
      throw new IllegalStateException("a step runs already");
    }
    stepping = true;
    steps.add(plan);
    List<SequenceOutput> outputs = new ArrayList<>();
    for (SequenceChunk chunk : plan.chunks()) {
      Sequence sequence = chunk.sequence();
      if (sequence.blocks().capacityTokens() < sequence.computed() + chunk.tokens()) {
        throw new IllegalStateException("no room for the chunk of " + sequence.id());
      }
      if (chunk.yieldsToken()) {
        outputs.add(output(sequence));
      }
    }
    long nanos = script.stepNanos().applyAsLong(plan);
    after(
        nanos,
        () -> {
          stepping = false;
          listener.onEvent(
              broken == null
                  ? new EngineEvent.Stepped(plan.ticket(), plan.instance(), outputs, nanos)
                  : new EngineEvent.Failed(plan.ticket(), plan.instance(), broken));
        });
  }

  /**
   * A token below zero in the script stands for logits that are no numbers. A sequence with a rule
   * has random logits instead of the script.
   */
  private SequenceOutput output(Sequence sequence) {
    if (sequence.progress() != null) {
      return SequenceOutput.of(
          sequence,
          new Sampler().draw(RandomLogits.of(sequence, script.model().vocabularySize()), sequence));
    }
    if (sequence.sampling().pooling() != null) {
      return SequenceOutput.of(
          sequence, TokenDraw.of(new float[] {3, 4, sequence.promptLength(), sequence.token(0)}));
    }
    int token = script.nextToken().apply(sequence);
    return token < 0
        ? SequenceOutput.failed(sequence, new Failure.Internal("broken logits"))
        : SequenceOutput.of(
            sequence, new TokenDraw(token, -0.5f, List.of()).after(scores(sequence)));
  }

  /** A probability of -0.25 for each token of a prompt that asks for it. */
  private static List<TokenDraw> scores(Sequence sequence) {
    return sequence.sampling().scoresPrompt() && sequence.generated() == 0
        ? IntStream.range(1, sequence.promptLength())
            .mapToObj(i -> new TokenDraw(sequence.token(i), -0.25f, List.of()))
            .toList()
        : List.of();
  }

  @Override
  public void mapSlabs(long ticket, InstanceId instance, int[] slabs) {
    mappedSlabs += slabs.length;
    owner.execute(() -> listener.onEvent(new EngineEvent.Resized(ticket, instance, 1)));
  }

  @Override
  public void unmapSlabs(long ticket, InstanceId instance, int[] slabs) {
    mappedSlabs -= slabs.length;
    owner.execute(() -> listener.onEvent(new EngineEvent.Resized(ticket, instance, 1)));
  }

  /** Slabs that hold memory, of all instances. */
  public int mappedSlabs() {
    return mappedSlabs;
  }

  @Override
  public void exportKv(long ticket, InstanceId instance, Sequence sequence) {
    throw new UnsupportedOperationException("not part of the script");
  }

  @Override
  public void importKv(long ticket, InstanceId instance, Sequence sequence, KvImage image) {
    throw new UnsupportedOperationException("not part of the script");
  }

  @Override
  public void dropWeights(long ticket, InstanceId instance) {
    drops.add(instance);
    owner.execute(() -> listener.onEvent(new EngineEvent.Unloaded(ticket, instance, 1)));
  }

  @Override
  public void readWeights(long ticket, InstanceId instance) {
    EngineEvent answer =
        new EngineEvent.Loaded(ticket, instance, script.model(), script.loadNanos());
    after(script.loadNanos(), () -> listener.onEvent(answer));
  }

  /** How often the weights of instances were dropped so far, with their KV kept. */
  public List<InstanceId> drops() {
    synchronized (drops) {
      return List.copyOf(drops);
    }
  }

  @Override
  public void unload(long ticket, InstanceId instance) {
    unloads.add(instance);
    owner.execute(() -> listener.onEvent(new EngineEvent.Unloaded(ticket, instance, 1)));
  }

  @Override
  public void close() {
    release();
  }

  private void after(long nanos, Runnable answer) {
    if (isHeld(answer)) {
      return;
    }
    if (nanos == 0) {
      owner.execute(answer);
    } else {
      // What was on its way when hold was called is held too.
      delay.after(
          nanos,
          () -> {
            if (!isHeld(answer)) {
              answer.run();
            }
          });
    }
  }

  private synchronized boolean isHeld(Runnable answer) {
    if (holding) {
      held.add(answer);
    }
    return holding;
  }
}
