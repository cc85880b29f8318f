package io.slinfer.engine.gpu;

import io.slinfer.model.Architecture;
import io.slinfer.model.ModelTensors;
import io.slinfer.model.Rope;
import java.util.List;

/**
 * A model's tensors as the kernels take them. Made with offsets by a {@link WeightPlan}; {@link
 * #at} gives the same with addresses. Null or 0 stands for what a model does not have.
 *
 * @param ones as many float32 ones as a pass has rows: the scales of rows that need none
 */
record GpuWeights(
    GpuMatrix embedding,
    GpuKernels.Norm outputNorm,
    GpuMatrix output,
    List<Layer> layers,
    long ones) {

  record Layer(
      GpuKernels.Norm attentionNorm,
      List<GpuMatrix> queryKeyValue,
      GpuKernels.Norm queryNorm,
      GpuKernels.Norm keyNorm,
      GpuKernels.RopeTable rope,
      long sinks,
      GpuMatrix attentionOutput,
      GpuKernels.Norm postAttentionNorm,
      GpuKernels.Norm feedForwardNorm,
      GpuMatrix router,
      List<GpuMatrix> inner,
      GpuMatrix down,
      GpuKernels.Norm postFeedForwardNorm) {}

  static GpuWeights plan(
      Architecture architecture, ModelTensors tensors, WeightPlan plan, int rows) {
    Architecture.Norm kind = architecture.norm();
    List<Layer> layers = new java.util.ArrayList<>();
    for (int i = 0; i < tensors.layers().size(); i++) {
      layers.add(layer(tensors.layers().get(i), architecture.layers().get(i).rope(), kind, plan));
    }
    return new GpuWeights(
        plan.matrix(tensors.tokenEmbedding()),
        plan.norm(tensors.outputNorm(), kind),
        plan.matrix(tensors.output()),
        List.copyOf(layers),
        plan.ones(rows));
  }

  private static Layer layer(
      ModelTensors.Layer layer, Rope rope, Architecture.Norm kind, WeightPlan plan) {
    ModelTensors.Attention attention = layer.attention();
    GpuMatrix router = null;
    List<GpuMatrix> inner;
    GpuMatrix down;
    switch (layer.feedForward()) {
      case ModelTensors.Dense dense -> {
        inner =
            dense.gate() == null
                ? List.of(plan.matrix(dense.up()))
                : List.of(plan.matrix(dense.gate()), plan.matrix(dense.up()));
        down = plan.matrix(dense.down());
      }
      case ModelTensors.Experts experts -> {
        List<ModelTensors.Dense> all = experts.experts();
        router = plan.matrix(experts.router());
        GpuMatrix up = plan.expertMatrices(all.stream().map(ModelTensors.Dense::up).toList());
        inner =
            all.getFirst().gate() == null
                ? List.of(up)
                : List.of(
                    plan.expertMatrices(all.stream().map(ModelTensors.Dense::gate).toList()), up);
        down = plan.expertMatrices(all.stream().map(ModelTensors.Dense::down).toList());
      }
    }
    return new Layer(
        plan.norm(layer.attentionNorm(), kind),
        List.of(
            plan.matrix(attention.query()),
            plan.matrix(attention.key()),
            plan.matrix(attention.value())),
        plan.norm(attention.queryNorm(), kind),
        plan.norm(attention.keyNorm(), kind),
        rope == null
            ? null
            : new GpuKernels.RopeTable(
                plan.frequencies(rope),
                rope.dimensions() / 2,
                rope.interleaved(),
                (float) rope.magnitude()),
        plan.vector(attention.sinks()),
        plan.matrix(attention.output()),
        plan.norm(layer.postAttentionNorm(), kind),
        plan.norm(layer.feedForwardNorm(), kind),
        router,
        inner,
        down,
        plan.norm(layer.postFeedForwardNorm(), kind));
  }

  /** With the addresses in a buffer in the place of offsets. */
  GpuWeights at(long base) {
    return new GpuWeights(
        at(base, embedding),
        at(base, outputNorm),
        at(base, output),
        layers.stream().map(layer -> at(base, layer)).toList(),
        base + ones);
  }

  private static Layer at(long base, Layer layer) {
    return new Layer(
        at(base, layer.attentionNorm),
        layer.queryKeyValue.stream().map(matrix -> at(base, matrix)).toList(),
        at(base, layer.queryNorm),
        at(base, layer.keyNorm),
        layer.rope == null
            ? null
            : new GpuKernels.RopeTable(
                base + layer.rope.frequencies(),
                layer.rope.pairs(),
                layer.rope.interleaved(),
                layer.rope.magnitude()),
        at(base, layer.sinks),
        at(base, layer.attentionOutput),
        at(base, layer.postAttentionNorm),
        at(base, layer.feedForwardNorm),
        at(base, layer.router),
        layer.inner.stream().map(matrix -> at(base, matrix)).toList(),
        at(base, layer.down),
        at(base, layer.postFeedForwardNorm));
  }

  private static long at(long base, long offset) {
    return offset == 0 ? 0 : base + offset;
  }

  private static GpuMatrix at(long base, GpuMatrix matrix) {
    return matrix == null
        ? null
        : new GpuMatrix(
            matrix.type(),
            base + matrix.address(),
            matrix.rows(),
            matrix.columns(),
            at(base, matrix.bias()),
            matrix.expertBytes());
  }

  private static GpuKernels.Norm at(long base, GpuKernels.Norm norm) {
    return norm == null
        ? null
        : new GpuKernels.Norm(
            base + norm.weight(),
            at(base, norm.bias()),
            norm.width(),
            norm.centered(),
            norm.epsilon());
  }
}
