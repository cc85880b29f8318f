package io.slinfer.engine.cpu;

import io.slinfer.engine.EngineEvent.SequenceOutput;
import io.slinfer.engine.KvImage;
import io.slinfer.engine.LoadedModel;
import io.slinfer.engine.ModelSource;
import io.slinfer.engine.Sequence;
import io.slinfer.engine.StepPlan;
import io.slinfer.engine.cpu.CpuKernels.KvShape;
import io.slinfer.engine.device.DeviceInstance;
import io.slinfer.engine.device.LogitsObserver;
import io.slinfer.engine.device.OutputDrawer;
import io.slinfer.engine.device.PooledStates;
import io.slinfer.ffi.ReservedMemory;
import io.slinfer.model.Architecture;
import io.slinfer.model.ModelDescription;
import io.slinfer.model.UnservableModelException;
import io.slinfer.model.gguf.GgufFile;
import io.slinfer.model.gguf.GgufTensor;
import io.slinfer.request.TokenDraw;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * One loaded model: its mapped file, KV space, and everything a step needs. Made on the loader's
 * thread, then confined to the engine's thread.
 */
final class CpuInstance implements DeviceInstance {

  private final CpuKernels kernels;
  private final ModelDescription description;
  private final int contextTokens;
  private final List<MemorySegment> mappings;
  private final List<MemorySegment> weights;
  private final KvSpace kv;
  private final ForwardPass pass;
  private final StepBatch batch;
  private final OutputDrawer drawer;
  private final float[] logits;
  private final PooledStates pooled;
  private final boolean takesAhead;

  /** What {@link #close} closes, last opened first. */
  private final Deque<AutoCloseable> resources = new ArrayDeque<>();

  /**
   * What an engine's instances have in common.
   *
   * @param kvAddressBytes address space of each instance's KV
   * @param scratch memory for the activations of whichever steps
   * @param takesAhead whether KV is backed when it is given out
   */
  record Surroundings(
      CpuKernels kernels,
      long kvAddressBytes,
      LogitsObserver observer,
      MemorySegment scratch,
      boolean takesAhead) {}

  private CpuInstance(Surroundings around, ModelSource source)
      throws IOException, UnservableModelException {
    this.kernels = around.kernels();
    this.takesAhead = around.takesAhead();
    LogitsObserver observer = around.observer();
    try {
      GgufFile file = opened(GgufFile.open(source.parts().getFirst()));
      mappings = List.copyOf(file.mappings());
      mappings.forEach(ReservedMemory::inLargePages);
      description = ModelDescription.read(file);
      weights = file.tensors().values().stream().map(GgufTensor::data).toList();
      Architecture architecture = description.architecture();
      int limit = source.maxContextTokens();
      contextTokens =
          limit > 0 ? Math.min(limit, architecture.contextTokens()) : architecture.contextTokens();
      Arena arena = Arena.ofShared();
      resources.push(arena::close);
      CpuWeights matrices = CpuWeights.of(description.tensors(), arena);
      Architecture.Attention attention = architecture.attention();
      KvShape shape =
          new KvShape(architecture.layers().size(), attention.kvHeads(), attention.headSize());
      kv = opened(new KvSpace(shape, around.kvAddressBytes()));
      Scratch scratch = new Scratch(architecture, around.scratch());
      pass = opened(new ForwardPass(kernels, architecture, matrices, shape, scratch));
      batch = opened(new StepBatch(kv, scratch.rows(), architecture.vocabularySize(), observer));
      logits = new float[architecture.vocabularySize()];
      drawer = new OutputDrawer(architecture.scales(), observer);
      pooled = new PooledStates(architecture.hiddenSize());
    } catch (IOException | UnservableModelException | RuntimeException | Error failure) {
      close();
      throw failure;
    }
  }

  /** Maps and checks a model; a failure leaves nothing open. */
  static CpuInstance load(Surroundings around, ModelSource source)
      throws IOException, UnservableModelException {
    return new CpuInstance(around, source);
  }

  private <T extends AutoCloseable> T opened(T resource) {
    resources.push(resource);
    return resource;
  }

  @Override
  public LoadedModel loadedModel() {
    return new LoadedModel(
        description.weightBytes(),
        kv.strideBytes(),
        1,
        kv.maxSlabs(),
        contextTokens,
        description.architecture().vocabularySize(),
        OutputDrawer.shortTokens(description.architecture()));
  }

  /** With what the file says of them, which is read again when it is wanted. */
  @Override
  public void dropWeights() {
    mappings.forEach(ReservedMemory::drop);
  }

  /** Reads the whole file into memory, where it is not yet. */
  @Override
  public void readWeights() {
    weights.forEach(ReservedMemory::read);
  }

  @Override
  public void mapSlabs(int[] slabs) {
    kv.map(slabs, takesAhead);
  }

  @Override
  public void unmapSlabs(int[] slabs) {
    kv.unmap(slabs);
  }

  @Override
  public KvImage exportKv(Sequence sequence) {
    return kv.copyOut(sequence);
  }

  @Override
  public void importKv(Sequence sequence, KvImage image) {
    if (!(image instanceof CpuKvImage own)) {
      throw new IllegalArgumentException("the image is not one of this kind of engine");
    }
    kv.copyIn(sequence, own);
  }

  @Override
  public List<SequenceOutput> step(StepPlan plan) {
    List<SequenceOutput> outputs = new ArrayList<>(plan.chunks().size());
    kernels.beginStep();
    try {
      batch.start(plan.chunks());
      while (batch.next()) {
        pass.run(batch, new Outputs(outputs));
      }
    } finally {
      batch.end();
      kernels.endStep();
    }
    return outputs;
  }

  /** Where the outputs of one step go. */
  private final class Outputs implements ForwardPass.LogitsReceiver {

    private final List<SequenceOutput> outputs;

    Outputs(List<SequenceOutput> outputs) {
      this.outputs = outputs;
    }

    @Override
    public void onLogits(int output, MemorySegment row) {
      take(output, row, outputs);
    }

    @Override
    public void onState(int output, MemorySegment state) {
      Sequence sequence = batch.outputSequence(output);
      int position = batch.outputPosition(output);
      if (sequence.sampling().pooling().takes(position, sequence.promptLength())) {
        pooled.add(sequence, position, state);
      }
      if (batch.yieldsToken(output)) {
        outputs.add(SequenceOutput.of(sequence, TokenDraw.of(pooled.take(sequence))));
      }
    }
  }

  private void take(int output, MemorySegment row, List<SequenceOutput> outputs) {
    MemorySegment.copy(row, ValueLayout.JAVA_FLOAT, 0, logits, 0, logits.length);
    boolean yields = batch.yieldsToken(output);
    SequenceOutput drawn =
        drawer.take(batch.outputSequence(output), batch.outputPosition(output), logits, yields);
    if (drawn != null) {
      outputs.add(drawn);
    }
  }

  /** Frees everything, the mapping of the weights last. */
  @Override
  public void close() {
    RuntimeException first = null;
    while (!resources.isEmpty()) {
      try {
        resources.pop().close();
      } catch (Exception failure) {
        first = first == null ? new IllegalStateException(failure) : first;
      }
    }
    if (first != null) {
      throw first;
    }
  }
}
