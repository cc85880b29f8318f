package io.slinfer.engine.cpu;

import io.slinfer.engine.cpu.CpuKernels.Activation;
import io.slinfer.engine.cpu.CpuKernels.KvShape;
import io.slinfer.model.Architecture;
import io.slinfer.model.Rope;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The forward pass of a decoder over one batch. There is one for all architectures: each operation
 * asks the architecture's data whether and how it applies. Confined to the engine's thread;
 * allocates nothing.
 */
final class ForwardPass implements AutoCloseable {

  private static final MemorySegment NONE = MemorySegment.NULL;

  private final CpuKernels kernels;
  private final Architecture architecture;
  private final CpuWeights weights;
  private final KvShape kvShape;
  private final Scratch scratch;
  private final ExpertLayer expertLayer;
  private final Arena arena = Arena.ofShared();

  private final int hidden;
  private final Activation activation;
  private final List<Rope> ropes = new ArrayList<>();
  private final List<MemorySegment> ropeTables = new ArrayList<>();
  private final MemorySegment zeros;

  private final MemorySegment[] queryKeyValue;
  private final MemorySegment[] toBlock;
  private final MemorySegment[] gateUp;
  private final MemorySegment[] upAlone;
  private final MemorySegment[] toLogits;

  /** The residual stream and a second buffer; they change roles when rows are dropped. */
  private MemorySegment stream;

  private MemorySegment spare;

  /** Receives the logits of each output of a batch, in order. */
  interface LogitsReceiver {

    /**
     * @param output index of the output in the batch
     * @param logits one row, valid during the call
     */
    void onLogits(int output, MemorySegment logits);

    /**
     * @param output index of an output whose logits nobody needs
     * @param state its hidden state after the last norm, valid during the call
     */
    void onState(int output, MemorySegment state);
  }

  /**
   * @param scratch for the activations of a pass; whoever shares it runs at other times
   */
  ForwardPass(
      CpuKernels kernels,
      Architecture architecture,
      CpuWeights weights,
      KvShape kvShape,
      Scratch scratch) {
    this.kernels = kernels;
    this.architecture = architecture;
    this.weights = weights;
    this.kvShape = kvShape;
    this.hidden = architecture.hiddenSize();
    this.activation = activation(architecture.feedForward().activation());
    this.scratch = scratch;
    this.expertLayer = new ExpertLayer(kernels, architecture, activation, scratch, arena);
    for (Architecture.Layer layer : architecture.layers()) {
      if (layer.rope() != null && !ropes.contains(layer.rope())) {
        ropes.add(layer.rope());
        ropeTables.add(floats((long) scratch.rows() * layer.rope().dimensions()));
      }
    }
    zeros = floats(hidden);
    queryKeyValue = new MemorySegment[] {scratch.query, scratch.key, scratch.value};
    toBlock = new MemorySegment[] {scratch.block};
    gateUp = new MemorySegment[] {scratch.gate, scratch.up};
    upAlone = new MemorySegment[] {scratch.gate};
    toLogits = new MemorySegment[] {scratch.logits};
  }

  private MemorySegment floats(long count) {
    return arena.allocate(count * Float.BYTES, Scratch.ALIGNMENT);
  }

  private static Activation activation(Architecture.Activation activation) {
    return switch (activation) {
      case SILU -> Activation.SILU;
      case GELU_TANH -> Activation.GELU_TANH;
      case SWIGLU_OAI -> Activation.SWIGLU_OAI;
    };
  }

  /** Computes a batch: keys and values of its rows go to the cache, logits to the receiver. */
  void run(StepBatch batch, LogitsReceiver receiver) {
    for (int i = 0; i < ropes.size(); i++) {
      batch.fillRopeTable(ropes.get(i), ropeTables.get(i));
    }
    stream = scratch.stream;
    spare = scratch.spare;
    kernels.embed(
        weights.embedding(),
        batch.tokens(),
        batch.rows(),
        architecture.scales().embedding(),
        stream);
    int rows = batch.rows();
    int lastLayer = weights.layers().length - 1;
    for (int i = 0; i <= lastLayer; i++) {
      CpuWeights.Layer layer = weights.layers()[i];
      attend(layer, i, batch);
      if (i == lastLayer && batch.outputs() < rows) {
        rows = keepOutputs(batch);
        if (rows == 0) {
          return;
        }
      }
      addAttention(layer, rows);
      addFeedForward(layer, rows);
    }
    giveOutputs(batch, rows, receiver);
  }

  /** From the residual stream to what the heads have gathered, in {@code scratch.attended}. */
  private void attend(CpuWeights.Layer layer, int index, StepBatch batch) {
    Architecture.Attention shape = architecture.attention();
    Architecture.Layer kind = architecture.layers().get(index);
    int rows = batch.rows();
    MemorySegment input = normalized(stream, layer.attentionNorm(), rows, scratch.block);
    kernels.matmul(input, rows, layer.queryKeyValue(), queryKeyValue);
    for (int i = 0; i < queryKeyValue.length; i++) {
      addBias(
          queryKeyValue[i],
          layer.queryKeyValueBias()[i],
          rows,
          i == 0 ? shape.queryWidth() : shape.kvWidth());
    }
    normalizeHeads(scratch.query, layer.queryNorm(), rows * shape.queryWidth());
    normalizeHeads(scratch.key, layer.keyNorm(), rows * shape.kvWidth());
    if (kind.rope() != null) {
      rotate(scratch.query, kind.rope(), rows, shape.heads());
      rotate(scratch.key, kind.rope(), rows, shape.kvHeads());
    }
    kernels.storeKv(kvShape, index, batch.kv(), scratch.key, scratch.value);
    kernels.attention(
        kvShape,
        index,
        batch.kv(),
        scratch.query,
        shape.heads(),
        shape.scale(),
        shape.softcap(),
        kind.window(),
        layer.sinks(),
        scratch.attended);
  }

  private void rotate(MemorySegment x, Rope rope, int rows, int heads) {
    kernels.rope(
        x,
        ropeTables.get(ropes.indexOf(rope)),
        rows,
        heads,
        architecture.attention().headSize(),
        rope.dimensions(),
        rope.interleaved());
  }

  /**
   * After the last attention only rows that give logits matter: moves them to the front and returns
   * how many there are.
   */
  private int keepOutputs(StepBatch batch) {
    int kept = batch.outputs();
    if (kept > 0) {
      int width = architecture.attention().queryWidth();
      kernels.gatherRows(scratch.attended, batch.outputRows(), kept, width, scratch.query);
      scratch
          .attended
          .asSlice(0, (long) kept * width * Float.BYTES)
          .copyFrom(scratch.query.asSlice(0, (long) kept * width * Float.BYTES));
      kernels.gatherRows(stream, batch.outputRows(), kept, hidden, spare);
      MemorySegment other = stream;
      stream = spare;
      spare = other;
    }
    return kept;
  }

  private void addAttention(CpuWeights.Layer layer, int rows) {
    project(scratch.attended, layer.attentionOutput(), rows);
    addToStream(scratch.block, layer.postAttentionNorm(), rows);
  }

  private void addFeedForward(CpuWeights.Layer layer, int rows) {
    MemorySegment input = normalized(stream, layer.feedForwardNorm(), rows, scratch.block);
    MemorySegment result = scratch.block;
    if (layer.dense() == null) {
      expertLayer.run(layer.router(), layer.experts(), input, rows, spare);
      result = spare;
    } else {
      CpuWeights.Dense dense = layer.dense();
      int width = dense.down().matrix().columns();
      MemorySegment[] outs = dense.gated() ? gateUp : upAlone;
      kernels.matmul(input, rows, dense.inner(), outs);
      for (int i = 0; i < outs.length; i++) {
        addBias(outs[i], dense.innerBias()[i], rows, width);
      }
      kernels.gate(
          activation,
          scratch.gate,
          dense.gated() ? scratch.up : NONE,
          (long) rows * width,
          scratch.gate);
      project(scratch.gate, dense.down(), rows);
    }
    addToStream(result, layer.postFeedForwardNorm(), rows);
  }

  /** {@code scratch.block} = input times the projection, with bias. */
  private void project(MemorySegment input, CpuWeights.Projection projection, int rows) {
    kernels.matmul(input, rows, projection.alone(), toBlock);
    addBias(scratch.block, projection.bias(), rows, projection.matrix().rows());
  }

  private void addToStream(MemorySegment x, CpuWeights.Norm norm, int rows) {
    MemorySegment added = normalized(x, norm, rows, x);
    kernels.addScaled(stream, added, architecture.scales().residual(), (long) rows * hidden);
  }

  private void giveOutputs(StepBatch batch, int outputs, LogitsReceiver receiver) {
    MemorySegment last = normalized(stream, weights.outputNorm(), outputs, scratch.block);
    long stateBytes = (long) hidden * Float.BYTES;
    int first = 0;
    while (first < outputs) {
      int end = first + 1;
      if (batch.pools(first)) {
        receiver.onState(first, last.asSlice(first * stateBytes, stateBytes));
      } else {
        while (end < outputs && end - first < scratch.logitRows() && !batch.pools(end)) {
          end++;
        }
        giveLogits(last, first, end - first, receiver);
      }
      first = end;
    }
  }

  private void giveLogits(MemorySegment last, int first, int rows, LogitsReceiver receiver) {
    int vocabulary = architecture.vocabularySize();
    long rowBytes = (long) vocabulary * Float.BYTES;
    MemorySegment from = last.asSlice((long) first * hidden * Float.BYTES);
    kernels.matmul(from, rows, weights.output().alone(), toLogits);
    addBias(scratch.logits, weights.output().bias(), rows, vocabulary);
    for (int row = 0; row < rows; row++) {
      receiver.onLogits(first + row, scratch.logits.asSlice(row * rowBytes, rowBytes));
    }
  }

  /** The rows of {@code x} normalised into {@code out}, or {@code x} itself without a norm. */
  private MemorySegment normalized(
      MemorySegment x, CpuWeights.Norm norm, int rows, MemorySegment out) {
    if (norm == null) {
      return x;
    }
    Architecture.Norm kind = architecture.norm();
    if (kind.centered()) {
      MemorySegment bias = norm.bias().equals(NONE) ? zeros : norm.bias();
      kernels.layerNorm(x, norm.weight(), bias, kind.epsilon(), rows, norm.width(), out);
    } else {
      kernels.rmsNorm(x, norm.weight(), kind.epsilon(), rows, norm.width(), out);
      addBias(out, norm.bias(), rows, norm.width());
    }
    return out;
  }

  /** Normalises queries or keys in place: each head by itself, or all together, by norm's width. */
  private void normalizeHeads(MemorySegment x, CpuWeights.Norm norm, int numbers) {
    if (norm != null) {
      normalized(x, norm, numbers / norm.width(), x);
    }
  }

  private void addBias(MemorySegment x, MemorySegment bias, int rows, int columns) {
    if (!bias.equals(NONE)) {
      kernels.addBias(x, bias, rows, columns);
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
