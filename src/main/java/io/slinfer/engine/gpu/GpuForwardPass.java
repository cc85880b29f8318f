package io.slinfer.engine.gpu;

import io.slinfer.engine.gpu.GpuKernels.AttentionCall;
import io.slinfer.engine.gpu.GpuKernels.ExpertBuffers;
import io.slinfer.engine.gpu.GpuKernels.Norm;
import io.slinfer.engine.gpu.GpuKernels.Slots;
import io.slinfer.model.Architecture;
import java.util.List;

/**
 * The forward pass of a decoder over one pass's rows, as launches. There is one for all
 * architectures: each operation asks the architecture's data whether and how it applies. Nothing
 * here waits for the device. Confined to the step thread.
 */
final class GpuForwardPass {

  private final GpuKernels kernels;
  private final Architecture architecture;
  private final GpuWeights weights;
  private final GpuScratch scratch;
  private final KvLayout layout;
  private final long kvBase;
  private final Rows16 input;
  private final Rows16 attended;
  private final Rows16 kept;
  private final Rows16 gated;
  private final int hidden;
  private final float residual;

  /** The residual stream and a second buffer; they change roles when rows are dropped. */
  private long stream;

  private long spare;

  GpuForwardPass(
      GpuKernels kernels,
      Architecture architecture,
      GpuWeights weights,
      GpuScratch scratch,
      GpuKvSpace kv) {
    this.kernels = kernels;
    this.architecture = architecture;
    this.weights = weights;
    this.scratch = scratch;
    this.layout = kv.layout();
    this.kvBase = kv.base();
    this.input = new Rows16(scratch.input16(), scratch.inputScale());
    this.attended = new Rows16(scratch.attended16(), weights.ones());
    this.kept = new Rows16(scratch.kept16(), weights.ones());
    this.gated = new Rows16(scratch.gated16(), scratch.gatedScale());
    this.hidden = architecture.hiddenSize();
    this.residual = architecture.scales().residual();
  }

  /**
   * Computes all rows; keys and values go to the cache. Leaves the normalised states of the outputs
   * for {@link #logits}, and as float32 in {@link #states}.
   */
  void run(StepData data) {
    stream = scratch.stream();
    spare = scratch.spare();
    int rows = data.rows();
    kernels.embed(
        weights.embedding(), data.tokens(), rows, architecture.scales().embedding(), stream);
    int lastLayer = weights.layers().size() - 1;
    for (int i = 0; i <= lastLayer; i++) {
      GpuWeights.Layer layer = weights.layers().get(i);
      attend(layer, i, data);
      Rows16 gathered = attended;
      if (i == lastLayer && data.outputs() < rows) {
        rows = data.outputs();
        if (rows == 0) {
          return;
        }
        keepOutputs(data);
        gathered = kept;
      }
      project(gathered, layer.attentionOutput(), layer.postAttentionNorm(), rows);
      feedForward(layer, rows);
    }
    kernels.normalize(normOrNone(weights.outputNorm()), stream, rows, states(), input, 0, 0);
  }

  /** Where the normalised states of the outputs are, float32. */
  long states() {
    return scratch.block();
  }

  /** Computes the logits of outputs {@code first} on, unscaled; returns where they are. */
  long logits(int first, int rows) {
    Rows16 from =
        new Rows16(
            input.address() + (long) first * hidden * Short.BYTES,
            input.scale() + (long) first * Float.BYTES);
    kernels.matmul(from, rows, List.of(weights.output()), new long[] {scratch.logits()}, 0, null);
    return scratch.logits();
  }

  /** Where {@link #greedy} leaves its choices. */
  long greedyAddress() {
    return scratch.greedy();
  }

  /** Makes the greedy choices of rows of logits. */
  void greedy(int rows) {
    Architecture.Scales scales = architecture.scales();
    kernels.greedy(
        scratch.logits(),
        rows,
        architecture.vocabularySize(),
        scales.logit(),
        scales.logitSoftcap(),
        scratch.greedy());
  }

  private void attend(GpuWeights.Layer layer, int index, StepData data) {
    Architecture.Attention shape = architecture.attention();
    int rows = data.rows();
    kernels.normalize(normOrNone(layer.attentionNorm()), stream, rows, 0, input, 0, 0);
    kernels.matmul(
        input,
        rows,
        layer.queryKeyValue(),
        new long[] {scratch.query(), scratch.key(), scratch.value()},
        0,
        null);
    normalizeHeads(scratch.query(), layer.queryNorm(), rows * shape.queryWidth());
    normalizeHeads(scratch.key(), layer.keyNorm(), rows * shape.kvWidth());
    AttentionCall call =
        new AttentionCall(
            data,
            layout,
            kvBase,
            index * layout.layerBytes(),
            shape.heads(),
            shape.kvHeads(),
            shape.headSize(),
            scratch.query(),
            attended.address(),
            scratch.partial());
    kernels.rotate(call, scratch.key(), scratch.value(), layer.rope());
    kernels.attention(
        call,
        shape.scale(),
        shape.softcap(),
        architecture.layers().get(index).window(),
        layer.sinks());
  }

  /** After the last attention only rows that give outputs matter: moves them to the front. */
  private void keepOutputs(StepData data) {
    int rows = data.outputs();
    long width = architecture.attention().queryWidth();
    kernels.gatherRows(
        attended.address(), data.outputRows(), rows, width * Short.BYTES, kept.address());
    kernels.gatherRows(stream, data.outputRows(), rows, (long) hidden * Float.BYTES, spare);
    long other = stream;
    stream = spare;
    spare = other;
  }

  /** Adds the projection of {@code x}, after a norm where there is one, to the stream. */
  private void project(Rows16 x, GpuMatrix matrix, Norm norm, int rows) {
    if (norm == null) {
      kernels.matmul(x, rows, List.of(matrix), new long[] {stream}, residual, null);
    } else {
      kernels.matmul(x, rows, List.of(matrix), new long[] {scratch.block()}, 0, null);
      kernels.normalize(norm, scratch.block(), rows, 0, null, stream, residual);
    }
  }

  private void feedForward(GpuWeights.Layer layer, int rows) {
    kernels.normalize(normOrNone(layer.feedForwardNorm()), stream, rows, 0, input, 0, 0);
    if (layer.router() != null) {
      visitExperts(layer, rows);
      return;
    }
    int width = layer.down().columns();
    kernels.matmul(input, rows, layer.inner(), innerOuts(layer), 0, null);
    gate(layer, rows, width);
    project(gated, layer.down(), layer.postFeedForwardNorm(), rows);
  }

  private long[] innerOuts(GpuWeights.Layer layer) {
    return layer.inner().size() == 2
        ? new long[] {scratch.gate(), scratch.up()}
        : new long[] {scratch.gate()};
  }

  private void gate(GpuWeights.Layer layer, int rows, int width) {
    kernels.gate(
        architecture.feedForward().activation().ordinal(),
        scratch.gate(),
        layer.inner().size() == 2 ? scratch.up() : 0,
        rows,
        width,
        gated);
  }

  private void visitExperts(GpuWeights.Layer layer, int rows) {
    Architecture.FeedForward shape = architecture.feedForward();
    GpuScratch.Experts experts = scratch.experts();
    int used = shape.expertsUsed();
    Slots byRow =
        new Slots(experts.expertFirst(), experts.rowOfSlot(), shape.experts(), rows, used);
    Slots bySlot = new Slots(experts.expertFirst(), 0, shape.experts(), rows, used);
    ExpertBuffers buffers =
        new ExpertBuffers(experts.logits(), experts.picked(), experts.weight(), experts.slotOf());
    kernels.matmul(input, rows, List.of(layer.router()), new long[] {experts.logits()}, 0, null);
    kernels.route(buffers, byRow, shape.normalizeExperts(), shape.expertScale());
    kernels.matmul(input, rows, layer.inner(), innerOuts(layer), 0, byRow);
    gate(layer, rows * used, layer.down().columns());
    kernels.matmul(gated, rows, List.of(layer.down()), new long[] {experts.outputs()}, 0, bySlot);
    if (layer.postFeedForwardNorm() == null) {
      kernels.combine(buffers, experts.outputs(), byRow, hidden, stream, residual);
    } else {
      kernels.combine(buffers, experts.outputs(), byRow, hidden, scratch.block(), 0);
      kernels.normalize(
          layer.postFeedForwardNorm(), scratch.block(), rows, 0, null, stream, residual);
    }
  }

  private Norm normOrNone(Norm norm) {
    return norm == null ? new Norm(0, 0, hidden, false, 0) : norm;
  }

  /** Normalises queries or keys in place: each head by itself, or all together, by norm's width. */
  private void normalizeHeads(long x, Norm norm, int numbers) {
    if (norm != null) {
      kernels.normalize(norm, x, numbers / norm.width(), x, null, 0, 0);
    }
  }
}
