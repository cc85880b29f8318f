package io.slinfer.cli;

import io.slinfer.cost.MeasuredSteps;
import io.slinfer.cost.StepProbe;
import io.slinfer.engine.Engine;
import io.slinfer.engine.EngineEvent;
import io.slinfer.engine.EngineListener;
import io.slinfer.engine.KvImage;
import io.slinfer.engine.LoadedModel;
import io.slinfer.engine.ModelSource;
import io.slinfer.engine.ProbeSequences;
import io.slinfer.engine.Sequence;
import io.slinfer.engine.SequenceChunk;
import io.slinfer.engine.StepPlan;
import io.slinfer.kvcache.BlockPool;
import io.slinfer.kvcache.BlockTable;
import io.slinfer.request.Failure;
import io.slinfer.request.InstanceId;
import io.slinfer.request.RequestId;
import io.slinfer.request.Sampling;
import java.io.Serial;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * One engine with one model, driven step by step from one thread that waits for each answer: what
 * commands that need no server use. The caller's thread is the owner.
 */
public final class EngineSession implements AutoCloseable {

  private static final InstanceId INSTANCE = new InstanceId("session");

  private final BlockingQueue<Runnable> reports = new LinkedBlockingQueue<>();
  private final Engine engine;
  private final LoadedModel model;
  private final BlockPool pool;
  private EngineEvent lastEvent;
  private long ticket;
  private int sequences;

  /** Makes an engine for its owner. */
  @FunctionalInterface
  public interface Factory {

    /**
     * @param listener gets the engine's events
     * @param owner runs them on the owner's thread
     */
    Engine create(EngineListener listener, Executor owner);
  }

  /** The engine has answered a command with a failure. */
  public static final class FailedException extends Exception {

    @Serial private static final long serialVersionUID = 1;

    FailedException(Failure failure) {
      super(failure.message());
    }
  }

  /**
   * Makes an engine and loads a model.
   *
   * @throws FailedException if it does not load; the engine is closed then
   */
  public EngineSession(Factory factory, ModelSource source) throws FailedException {
    engine = factory.create(event -> lastEvent = event, reports::add);
    try {
      engine.load(++ticket, INSTANCE, source);
      model = expect(EngineEvent.Loaded.class).model();
      pool = new BlockPool(model.blocksPerSlab(), model.maxSlabs());
    } catch (FailedException | RuntimeException failure) {
      engine.close();
      throw failure;
    }
  }

  /** What the engine says of the model. */
  public LoadedModel model() {
    return model;
  }

  /** The engine, for its description. */
  public Engine engine() {
    return engine;
  }

  /** A new request; its blocks are taken as its steps need them. */
  public Sequence sequence(int[] promptTokens, Sampling sampling) {
    return new Sequence(new RequestId("session-" + ++sequences), promptTokens, sampling);
  }

  /**
   * Runs one step and records what it did in the sequences: computed tokens, and drawn ones
   * appended.
   *
   * @return the engine's report
   */
  public EngineEvent.Stepped step(List<SequenceChunk> chunks) throws FailedException {
    for (SequenceChunk chunk : chunks) {
      reserve(chunk.sequence(), chunk.sequence().computed() + chunk.tokens());
    }
    engine.step(new StepPlan(++ticket, INSTANCE, chunks));
    EngineEvent.Stepped stepped = expect(EngineEvent.Stepped.class);
    for (SequenceChunk chunk : chunks) {
      chunk.sequence().computed(chunk.sequence().computed() + chunk.tokens());
    }
    for (EngineEvent.SequenceOutput output : stepped.outputs()) {
      if (output.failure() != null) {
        throw new FailedException(output.failure());
      }
      output.sequence().append(output.token());
    }
    return stepped;
  }

  /** Gives the sequence's blocks room for {@code tokens} tokens, growing the cache if need be. */
  public void reserve(Sequence sequence, int tokens) throws FailedException {
    reserve(sequence.blocks(), tokens);
  }

  private void reserve(BlockTable blocks, int tokens) throws FailedException {
    while (!pool.reserve(blocks, tokens)) {
      int[] slabs = pool.planGrow(1);
      if (slabs.length == 0) {
        throw new FailedException(
            new Failure.Unavailable("the KV cache has no room left", "kv_exhausted", 0));
      }
      engine.mapSlabs(++ticket, INSTANCE, slabs);
      expect(EngineEvent.Resized.class);
      pool.grown(slabs);
    }
  }

  /** Gives a sequence's blocks back. */
  public void release(Sequence sequence) {
    pool.release(sequence.blocks());
  }

  /**
   * Measures the model's steps, prompts in one piece.
   *
   * @param budgetNanos no measurement begins that is likely to end later
   */
  public MeasuredSteps measure(long budgetNanos) throws FailedException {
    int tokens = model.contextTokens() - 1;
    StepProbe probe =
        new StepProbe(new StepProbe.Limits(budgetNanos, Long.MAX_VALUE, tokens, Integer.MAX_VALUE));
    ProbeSequences sequences = new ProbeSequences(tokens, model.vocabularySize());
    for (StepProbe.Step step = probe.next(); step != null; step = probe.next()) {
      reserve(sequences.blocks(), step.length());
      List<SequenceChunk> chunks =
          step.batch() == 0
              ? sequences.prompt(step.from(), step.promptTokens())
              : sequences.decodes(step.length(), step.batch());
      engine.step(new StepPlan(++ticket, INSTANCE, chunks));
      probe.took(expect(EngineEvent.Stepped.class).durationNanos());
    }
    pool.release(sequences.blocks());
    return probe.result();
  }

  /** Copies a sequence's keys and values out. */
  public KvImage exportKv(Sequence sequence) throws FailedException {
    engine.exportKv(++ticket, INSTANCE, sequence);
    return expect(EngineEvent.Exported.class).image();
  }

  /** Copies keys and values into a sequence, whose first tokens are computed then. */
  public void importKv(Sequence sequence, KvImage image) throws FailedException {
    reserve(sequence, image.tokens());
    engine.importKv(++ticket, INSTANCE, sequence, image);
    expect(EngineEvent.Imported.class);
    sequence.computed(image.tokens());
  }

  /** Frees the memory of the weights and brings them back. */
  public void rereadWeights() throws FailedException {
    engine.dropWeights(++ticket, INSTANCE);
    expect(EngineEvent.Unloaded.class);
    engine.readWeights(++ticket, INSTANCE);
    expect(EngineEvent.Loaded.class);
  }

  private <E extends EngineEvent> E expect(Class<E> kind) throws FailedException {
    lastEvent = null;
    try {
      while (lastEvent == null) {
        reports.take().run();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FailedException(new Failure.Cancelled("interrupted"));
    }
    if (lastEvent instanceof EngineEvent.Failed failed) {
      throw new FailedException(failed.failure());
    }
    return kind.cast(lastEvent);
  }

  @Override
  public void close() {
    engine.close();
  }
}
