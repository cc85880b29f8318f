package io.slinfer.engine.cpu;

import io.slinfer.model.ModelTensors;
import io.slinfer.model.gguf.Dequantizer;
import io.slinfer.model.gguf.GgufTensor;
import io.slinfer.model.gguf.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A model's tensors as the kernels take them: matrices as they lie in the file, vectors as float32
 * (the file's own bytes if they are that already). {@link MemorySegment#NULL} stands for a vector
 * that the model does not have, null for a norm or a matrix.
 */
record CpuWeights(WeightMatrix embedding, Norm outputNorm, Projection output, Layer[] layers) {

  /** A norm over rows of {@code width} numbers. */
  record Norm(MemorySegment weight, MemorySegment bias, int width) {}

  /** A matrix, ready to be one of the matrices of a matmul, and its bias. */
  record Projection(WeightMatrix matrix, MemorySegment bias, WeightMatrix[] alone) {}

  record Layer(
      Norm attentionNorm,
      WeightMatrix[] queryKeyValue,
      MemorySegment[] queryKeyValueBias,
      Norm queryNorm,
      Norm keyNorm,
      MemorySegment sinks,
      Projection attentionOutput,
      Norm postAttentionNorm,
      Norm feedForwardNorm,
      Dense dense,
      Projection router,
      Dense[] experts,
      Norm postFeedForwardNorm) {}

  /**
   * A dense layer or one expert.
   *
   * @param inner gate and up, or up alone
   */
  record Dense(WeightMatrix[] inner, MemorySegment[] innerBias, Projection down) {

    boolean gated() {
      return inner.length == 2;
    }
  }

  /**
   * @param arena owns vectors that had to be expanded
   */
  static CpuWeights of(ModelTensors tensors, Arena arena) {
    return new Binder(arena).bind(tensors);
  }

  /** Makes kernel weights of tensors. */
  private record Binder(Arena arena) {

    CpuWeights bind(ModelTensors tensors) {
      return new CpuWeights(
          matrix(tensors.tokenEmbedding()),
          norm(tensors.outputNorm()),
          projection(tensors.output()),
          tensors.layers().stream().map(this::layer).toArray(Layer[]::new));
    }

    private Layer layer(ModelTensors.Layer layer) {
      ModelTensors.Attention attention = layer.attention();
      List<ModelTensors.Projection> inputs =
          List.of(attention.query(), attention.key(), attention.value());
      ModelTensors.Experts experts =
          layer.feedForward() instanceof ModelTensors.Experts e ? e : null;
      return new Layer(
          norm(layer.attentionNorm()),
          matrices(inputs),
          biases(inputs),
          norm(attention.queryNorm()),
          norm(attention.keyNorm()),
          vector(attention.sinks()),
          projection(attention.output()),
          norm(layer.postAttentionNorm()),
          norm(layer.feedForwardNorm()),
          layer.feedForward() instanceof ModelTensors.Dense dense ? dense(dense) : null,
          experts == null ? null : projection(experts.router()),
          experts == null
              ? null
              : experts.experts().stream().map(this::dense).toArray(Dense[]::new),
          norm(layer.postFeedForwardNorm()));
    }

    private Dense dense(ModelTensors.Dense dense) {
      List<ModelTensors.Projection> inner =
          dense.gate() == null ? List.of(dense.up()) : List.of(dense.gate(), dense.up());
      return new Dense(matrices(inner), biases(inner), projection(dense.down()));
    }

    private Norm norm(ModelTensors.Norm norm) {
      return norm == null
          ? null
          : new Norm(vector(norm.weight()), vector(norm.bias()), (int) norm.weight().columns());
    }

    private Projection projection(ModelTensors.Projection projection) {
      WeightMatrix matrix = matrix(projection.weight());
      return new Projection(matrix, vector(projection.bias()), new WeightMatrix[] {matrix});
    }

    private WeightMatrix[] matrices(List<ModelTensors.Projection> projections) {
      return projections.stream().map(p -> matrix(p.weight())).toArray(WeightMatrix[]::new);
    }

    private MemorySegment[] biases(List<ModelTensors.Projection> projections) {
      return projections.stream().map(p -> vector(p.bias())).toArray(MemorySegment[]::new);
    }

    private static WeightMatrix matrix(GgufTensor tensor) {
      return new WeightMatrix(
          tensor.type(),
          tensor.data(),
          Math.toIntExact(tensor.rows()),
          Math.toIntExact(tensor.columns()));
    }

    private MemorySegment vector(GgufTensor tensor) {
      if (tensor == null) {
        return MemorySegment.NULL;
      }
      if (tensor.type() == TensorType.F32) {
        return tensor.data();
      }
      int count = Math.toIntExact(tensor.columns() * tensor.rows());
      MemorySegment numbers = arena.allocate((long) count * Float.BYTES, Scratch.ALIGNMENT);
      Dequantizer.expand(tensor.type(), tensor.data(), 0, count, numbers);
      return numbers;
    }
  }
}
