package io.slinfer.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.ffi.InstructionSet;
import io.slinfer.model.gguf.Dequantizer;
import io.slinfer.model.gguf.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Products and embeddings of every instruction set and tensor type against the oracle. */
final class NativeMatmulTest {

  private static final long SEED = Long.getLong("slinfer.seed", 20261123);
  private static final int[] WEIGHT_ROWS = {1, 15, 16, 17, 31, 33, 70};
  private static final int[] INPUT_ROWS = {1, 2, 3, 4, 5, 6, 7, 13, 16, 33};

  private static List<TensorType> weightTypes() {
    return Arrays.stream(TensorType.values()).filter(TensorType::holdsWeights).toList();
  }

  static List<Object[]> cases() {
    List<Object[]> cases = new ArrayList<>();
    for (InstructionSet set : InstructionSet.available()) {
      for (TensorType type : weightTypes()) {
        cases.add(new Object[] {set, type});
      }
    }
    return cases;
  }

  private static int[] columns(TensorType type) {
    return switch (type.blockLength()) {
      case 1 -> new int[] {1, 15, 64, 259};
      case 32 -> new int[] {32, 224, 288, 800};
      default -> new int[] {256, 768};
    };
  }

  @ParameterizedTest
  @MethodSource("cases")
  void productsAgreeWhereActivationsSurviveQuantising(InstructionSet set, TensorType type) {
    try (Arena arena = Arena.ofConfined();
        NativeKernels kernels = new NativeKernels(2, set)) {
      RandomTensors tensors = new RandomTensors(arena, SEED);
      int size = 0;
      for (int columns : columns(type)) {
        for (int rows : INPUT_ROWS) {
          int outputs = WEIGHT_ROWS[size++ % WEIGHT_ROWS.length];
          WeightMatrix weights = tensors.weights(type, outputs, columns);
          MemorySegment x = tensors.exactActivations(rows, columns);
          check(kernels, weights, x, rows, 2e-6);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void productsOfAnyActivationsAreWithinEightBits(InstructionSet set, TensorType type) {
    try (Arena arena = Arena.ofConfined();
        NativeKernels kernels = new NativeKernels(2, set)) {
      RandomTensors tensors = new RandomTensors(arena, SEED);
      int columns = type.blockLength() == 1 ? 333 : 1024;
      for (int rows : new int[] {1, 9}) {
        WeightMatrix weights = tensors.weights(type, 40, columns);
        check(kernels, weights, tensors.floats((long) rows * columns, 3), rows, 4e-3);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void embeddingsAreBitExact(InstructionSet set, TensorType type) {
    try (Arena arena = Arena.ofConfined();
        NativeKernels kernels = new NativeKernels(1, set)) {
      RandomTensors tensors = new RandomTensors(arena, SEED);
      int columns = type.blockLength() == 1 ? 37 : type.blockLength() * 3;
      WeightMatrix table = tensors.weights(type, 5, columns);
      MemorySegment tokens = tensors.ints(4, 0, 3, 3);
      MemorySegment expected = tensors.zeros(4L * columns);
      MemorySegment actual = tensors.zeros(4L * columns);
      for (float scale : new float[] {1, 7.5f}) {
        new ReferenceKernels().embed(table, tokens, 4, scale, expected);
        kernels.embed(table, tokens, 4, scale, actual);
        assertEquals(-1, expected.mismatch(actual), "first byte that differs");
      }
    }
  }

  @Test
  void multipliesMatricesOfDifferentTypesAtOnce() {
    try (Arena arena = Arena.ofConfined();
        NativeKernels kernels = new NativeKernels(2)) {
      RandomTensors tensors = new RandomTensors(arena, SEED);
      WeightMatrix[] weights = new WeightMatrix[20];
      List<TensorType> types = weightTypes();
      for (int i = 0; i < weights.length; i++) {
        weights[i] = tensors.weights(types.get(i % types.size()), 1 + 9 * i, 512);
      }
      for (int rows : new int[] {1, 21}) {
        MemorySegment x = tensors.exactActivations(rows, 512);
        MemorySegment[] expected = new MemorySegment[weights.length];
        MemorySegment[] actual = new MemorySegment[weights.length];
        for (int i = 0; i < weights.length; i++) {
          expected[i] = tensors.zeros((long) rows * weights[i].rows());
          actual[i] = tensors.zeros((long) rows * weights[i].rows());
        }
        new ReferenceKernels().matmul(x, rows, weights, expected);
        kernels.matmul(x, rows, weights, actual);
        for (int i = 0; i < weights.length; i++) {
          compare(weights[i], x, rows, new MemorySegment[] {expected[i], actual[i]}, 2e-6);
        }
      }
    }
  }

  @Test
  void refusesMatricesOfDifferentWidths() {
    try (Arena arena = Arena.ofConfined();
        NativeKernels kernels = new NativeKernels(1)) {
      RandomTensors tensors = new RandomTensors(arena, SEED);
      WeightMatrix[] weights = {
        tensors.weights(TensorType.F32, 3, 8), tensors.weights(TensorType.F32, 3, 9)
      };
      MemorySegment[] outs = {tensors.zeros(3), tensors.zeros(3)};
      MemorySegment x = tensors.zeros(9);
      assertThrows(IllegalArgumentException.class, () -> kernels.matmul(x, 1, weights, outs));
    }
  }

  private static void check(
      NativeKernels kernels, WeightMatrix weights, MemorySegment x, int rows, double tolerance) {
    try (Arena arena = Arena.ofConfined()) {
      RandomTensors tensors = new RandomTensors(arena, 0);
      MemorySegment expected = tensors.zeros((long) rows * weights.rows());
      MemorySegment actual = tensors.zeros((long) rows * weights.rows());
      WeightMatrix[] all = {weights};
      new ReferenceKernels().matmul(x, rows, all, new MemorySegment[] {expected});
      kernels.matmul(x, rows, all, new MemorySegment[] {actual});
      compare(weights, x, rows, new MemorySegment[] {expected, actual}, tolerance);
    }
  }

  /** Differences relative to the sum of the absolute products. */
  private static void compare(
      WeightMatrix weights, MemorySegment x, int rows, MemorySegment[] results, double tolerance) {
    double[][] magnitudes = magnitudes(weights, x, rows);
    for (int r = 0; r < rows; r++) {
      for (int o = 0; o < weights.rows(); o++) {
        long at = (long) r * weights.rows() + o;
        double expected = results[0].getAtIndex(ValueLayout.JAVA_FLOAT, at);
        double actual = results[1].getAtIndex(ValueLayout.JAVA_FLOAT, at);
        double error = Math.abs(actual - expected) / (magnitudes[r][o] + 1e-30);
        assertTrue(
            error <= tolerance,
            () ->
                "%s %d x %d, %d rows, seed %d: output %d of row %d: %g, expected %g, error %g"
                    .formatted(
                        weights.type(),
                        weights.rows(),
                        weights.columns(),
                        rows,
                        SEED,
                        at % weights.rows(),
                        at / weights.rows(),
                        actual,
                        expected,
                        error));
      }
    }
  }

  private static double[][] magnitudes(WeightMatrix weights, MemorySegment x, int rows) {
    int columns = weights.columns();
    float[] row = new float[columns];
    double[][] magnitudes = new double[rows][weights.rows()];
    for (int o = 0; o < weights.rows(); o++) {
      Dequantizer.expand(weights.type(), weights.data(), o * weights.rowBytes(), columns, row);
      for (int r = 0; r < rows; r++) {
        for (int c = 0; c < columns; c++) {
          double one = x.getAtIndex(ValueLayout.JAVA_FLOAT, (long) r * columns + c);
          magnitudes[r][o] += Math.abs(one * row[c]);
        }
      }
    }
    return magnitudes;
  }
}
