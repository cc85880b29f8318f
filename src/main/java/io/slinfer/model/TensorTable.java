package io.slinfer.model;

import io.slinfer.model.ModelTensors.Norm;
import io.slinfer.model.ModelTensors.Projection;
import io.slinfer.model.gguf.GgufTensor;
import io.slinfer.model.gguf.TensorType;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A file's tensors, taken by name with the shape they must have. Remembers what was taken, so that
 * a tensor nobody asked for is noticed.
 */
final class TensorTable {

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Map<String, GgufTensor> tensors;
  private final Set<String> taken = new HashSet<>();

  TensorTable(Map<String, GgufTensor> tensors) {
    this.tensors = tensors;
  }

  boolean has(String name) {
    return tensors.containsKey(name);
  }

  /** The size of its fastest-varying dimension. */
  long columns(String name) {
    return tensors.get(name).columns();
  }

  /** The product of all its other sizes. */
  long rows(String name) {
    return tensors.get(name).rows();
  }

  /** The tensor, with these sizes, fastest-varying first. */
  GgufTensor tensor(String name, long... sizes) throws UnservableModelException {
    GgufTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new UnservableModelException("tensor " + name + " is missing");
    }
    if (!matches(tensor.dimensions(), sizes)) {
      throw new UnservableModelException(
          "tensor "
              + name
              + " is "
              + shape(tensor.dimensions())
              + "; expected "
              + shape(Arrays.stream(sizes).boxed().toList()));
    }
    if (!tensor.type().holdsWeights()) {
      throw new UnservableModelException(
          "tensor " + name + " has type " + tensor.type() + ", which is not supported");
    }
    taken.add(name);
    return tensor;
  }

  /** The tensor, or null if there is none. */
  GgufTensor optional(String name, long... sizes) throws UnservableModelException {
    return has(name) ? tensor(name, sizes) : null;
  }

  /** Every number of a small F32 tensor, or null if there is none. */
  double[] numbers(String name, int count) throws UnservableModelException {
    GgufTensor tensor = optional(name, count);
    if (tensor == null) {
      return null;
    }
    if (tensor.type() != TensorType.F32) {
      throw new UnservableModelException(
          "tensor " + name + " has type " + tensor.type() + "; expected F32");
    }
    double[] numbers = new double[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = tensor.data().get(FLOAT, (long) i * Float.BYTES);
    }
    return numbers;
  }

  /** NAME.weight and, where there is one, NAME.bias. */
  Norm norm(String name, int width) throws UnservableModelException {
    return new Norm(tensor(name + ".weight", width), optional(name + ".bias", width));
  }

  /** NAME.weight of rows x columns and, where there is one, NAME.bias. */
  Projection projection(String name, int columns, int rows) throws UnservableModelException {
    return new Projection(tensor(name + ".weight", columns, rows), optional(name + ".bias", rows));
  }

  /** Rows {@code first} to {@code first + count - 1} of a projection, as a view. */
  static Projection rows(Projection whole, int first, int count) {
    return new Projection(
        rows(whole.weight(), first, count, whole.weight().rowBytes()),
        whole.bias() == null
            ? null
            : rows(whole.bias(), first, count, whole.bias().type().blockBytes()));
  }

  /** A view of {@code count} rows of {@code rowBytes} bytes. */
  private static GgufTensor rows(GgufTensor whole, long first, long count, long rowBytes) {
    List<Long> sizes =
        whole.dimensions().size() == 1 ? List.of(count) : List.of(whole.columns(), count);
    return new GgufTensor(
        whole.name() + "[" + first + ".." + (first + count - 1) + "]",
        whole.type(),
        sizes,
        whole.data().asSlice(first * rowBytes, count * rowBytes));
  }

  /** Matrix {@code index} of a stack of {@code rows} x columns matrices, as a view. */
  static GgufTensor layerOf(GgufTensor stack, int index, int rows) {
    return rows(stack, (long) index * rows, rows, stack.rowBytes());
  }

  /** Vector {@code index} of a stack of vectors, as a view. */
  static GgufTensor vectorOf(GgufTensor stack, int index) {
    GgufTensor row = layerOf(stack, index, 1);
    return new GgufTensor(row.name(), row.type(), List.of(row.columns()), row.data());
  }

  /** Says that a tensor is known and has no part in the forward pass. */
  void ignore(String name) {
    taken.add(name);
  }

  /** Fails if a tensor was neither taken nor ignored: what it means would be lost in silence. */
  void requireAllTaken(Family family) throws UnservableModelException {
    Set<String> left = new TreeSet<>(tensors.keySet());
    left.removeAll(taken);
    if (!left.isEmpty()) {
      throw new UnservableModelException(
          "tensor "
              + left.iterator().next()
              + " has no place in a "
              + family.key()
              + " model"
              + (left.size() > 1 ? " (and " + (left.size() - 1) + " more)" : ""));
    }
  }

  private static boolean matches(List<Long> dimensions, long[] sizes) {
    // Trailing sizes of 1 are not always written out.
    for (int i = 0; i < Math.max(dimensions.size(), sizes.length); i++) {
      long size = i < dimensions.size() ? dimensions.get(i) : 1;
      if (size != (i < sizes.length ? sizes[i] : 1)) {
        return false;
      }
    }
    return true;
  }

  private static String shape(List<Long> sizes) {
    return String.join(" x ", sizes.stream().map(String::valueOf).toList());
  }
}
