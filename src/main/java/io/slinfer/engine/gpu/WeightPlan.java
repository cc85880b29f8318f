package io.slinfer.engine.gpu;

import io.slinfer.model.Architecture;
import io.slinfer.model.ModelTensors;
import io.slinfer.model.Rope;
import io.slinfer.model.gguf.Dequantizer;
import io.slinfer.model.gguf.GgufTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where in one buffer on the device each tensor of a model goes, and from where in the host's
 * memory it comes. Matrices stay as the file has them; vectors become float32. The matrices of a
 * layer's experts lie one after another. Not safe for threads.
 */
final class WeightPlan {

  private static final int ALIGNMENT = 256;

  /** Kernels read a little past the end of a matrix. */
  private static final int SLACK_BYTES = 8192;

  private final Arena arena;
  private final List<Part> parts = new ArrayList<>();
  private final Map<Source, Long> placed = new HashMap<>();
  private final Map<Rope, Long> ropes = new LinkedHashMap<>();
  private long used = ALIGNMENT;

  /**
   * Bytes to copy.
   *
   * @param offset in the buffer
   */
  record Part(MemorySegment from, long offset) {}

  /** A tensor's place in the host's memory. */
  private record Source(long address, long bytes) {}

  /**
   * @param arena owns what had to be expanded, until the copy has ended
   */
  WeightPlan(Arena arena) {
    this.arena = arena;
  }

  /** Bytes of the buffer. */
  long bytes() {
    return used + SLACK_BYTES;
  }

  List<Part> parts() {
    return parts;
  }

  private long take(long bytes) {
    long offset = used;
    used += Math.ceilDiv(bytes, (long) ALIGNMENT) * ALIGNMENT;
    return offset;
  }

  private long place(MemorySegment from) {
    return placed.computeIfAbsent(
        new Source(from.address(), from.byteSize()),
        source -> {
          long offset = take(from.byteSize());
          parts.add(new Part(from, offset));
          return offset;
        });
  }

  /** Offset of a vector as float32; 0 for none. */
  long vector(GgufTensor tensor) {
    return tensor == null ? 0 : place(expanded(tensor));
  }

  private MemorySegment expanded(GgufTensor tensor) {
    int count = Math.toIntExact(tensor.columns() * tensor.rows());
    MemorySegment numbers = arena.allocate((long) count * Float.BYTES, Float.BYTES);
    Dequantizer.expand(tensor.type(), tensor.data(), 0, count, numbers);
    return numbers;
  }

  /** Offsets in the place of addresses. */
  GpuMatrix matrix(ModelTensors.Projection projection) {
    GgufTensor weight = projection.weight();
    return new GpuMatrix(
        weight.type(),
        place(weight.data()),
        Math.toIntExact(weight.rows()),
        Math.toIntExact(weight.columns()),
        vector(projection.bias()),
        0);
  }

  GpuMatrix matrix(GgufTensor weight) {
    return matrix(new ModelTensors.Projection(weight, null));
  }

  /** The same matrix of all experts, one after another, and their biases likewise. */
  GpuMatrix expertMatrices(List<ModelTensors.Projection> projections) {
    GgufTensor weight = projections.getFirst().weight();
    long expertBytes = weight.data().byteSize();
    long offset = take(expertBytes * projections.size());
    boolean biased = projections.getFirst().bias() != null;
    long biasBytes = weight.rows() * Float.BYTES;
    long bias = biased ? take(biasBytes * projections.size()) : 0;
    for (int e = 0; e < projections.size(); e++) {
      ModelTensors.Projection projection = projections.get(e);
      if (projection.weight().type() != weight.type()) {
        throw new IllegalArgumentException("experts of different types: " + weight.name());
      }
      parts.add(new Part(projection.weight().data(), offset + e * expertBytes));
      if (biased) {
        parts.add(new Part(expanded(projection.bias()), bias + e * biasBytes));
      }
    }
    return new GpuMatrix(
        weight.type(),
        offset,
        Math.toIntExact(weight.rows()),
        Math.toIntExact(weight.columns()),
        bias,
        expertBytes);
  }

  GpuKernels.Norm norm(ModelTensors.Norm norm, Architecture.Norm kind) {
    return norm == null
        ? null
        : new GpuKernels.Norm(
            vector(norm.weight()),
            vector(norm.bias()),
            (int) norm.weight().columns(),
            kind.centered(),
            kind.epsilon());
  }

  /** Offset of both sets of frequencies, float64. */
  long frequencies(Rope rope) {
    return ropes.computeIfAbsent(
        rope,
        turned -> {
          int pairs = rope.dimensions() / 2;
          MemorySegment sets = arena.allocate(2L * pairs * Double.BYTES, Double.BYTES);
          for (int i = 0; i < pairs; i++) {
            sets.setAtIndex(ValueLayout.JAVA_DOUBLE, i, rope.frequencies()[i]);
            sets.setAtIndex(ValueLayout.JAVA_DOUBLE, pairs + i, rope.longFrequencies()[i]);
          }
          return place(sets);
        });
  }

  /** Offset of so many float32 ones. */
  long ones(int count) {
    MemorySegment ones = arena.allocate((long) count * Float.BYTES, Float.BYTES);
    for (int i = 0; i < count; i++) {
      ones.setAtIndex(ValueLayout.JAVA_FLOAT, i, 1);
    }
    return place(ones);
  }
}
