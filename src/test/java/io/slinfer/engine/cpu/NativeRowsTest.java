package io.slinfer.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.engine.cpu.CpuKernels.Activation;
import io.slinfer.ffi.InstructionSet;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Norms, rotary positions, gates and sums of every instruction set against the oracle. */
final class NativeRowsTest {

  private static final long SEED = Long.getLong("slinfer.seed", 20261123);
  private static final int[][] SIZES = {
    {1, 1}, {1, 15}, {3, 16}, {2, 17}, {5, 31}, {1, 33}, {7, 64}, {40, 1000}, {3, 20_001}
  };

  static List<InstructionSet> sets() {
    return InstructionSet.available();
  }

  /** Runs one operation with a set of kernels on its own copy of the data. */
  private interface Operation {
    MemorySegment run(CpuKernels kernels);
  }

  private static void check(
      String name, InstructionSet set, double tolerance, Operation operation) {
    try (NativeKernels kernels = new NativeKernels(2, set)) {
      MemorySegment expected = operation.run(new ReferenceKernels());
      MemorySegment actual = operation.run(kernels);
      for (long i = 0; i < expected.byteSize() / Float.BYTES; i++) {
        float want = expected.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        float got = actual.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        long at = i;
        assertTrue(
            Math.abs(want - got) <= tolerance * Math.max(1, Math.abs(want)),
            () -> name + " seed " + SEED + ": number " + at + " is " + got + ", expected " + want);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("sets")
  void normsAgree(InstructionSet set) {
    for (int[] size : SIZES) {
      try (Arena arena = Arena.ofConfined()) {
        RandomTensors tensors = new RandomTensors(arena, SEED);
        long numbers = (long) size[0] * size[1];
        MemorySegment x = tensors.floats(numbers, 3);
        MemorySegment weight = tensors.floats(size[1], 1);
        MemorySegment bias = tensors.floats(size[1], 1);
        check(
            "rmsNorm",
            set,
            3e-6,
            kernels -> {
              MemorySegment out = tensors.copy(x);
              kernels.rmsNorm(out, weight, 1e-5f, size[0], size[1], out);
              return out;
            });
        check(
            "layerNorm",
            set,
            2e-5,
            kernels -> {
              MemorySegment out = tensors.zeros(numbers);
              kernels.layerNorm(x, weight, bias, 1e-3f, size[0], size[1], out);
              return out;
            });
        check(
            "addBias",
            set,
            0,
            kernels -> {
              MemorySegment out = tensors.copy(x);
              kernels.addBias(out, bias, size[0], size[1]);
              return out;
            });
      }
    }
  }

  @ParameterizedTest
  @MethodSource("sets")
  void gatesAndSumsAgree(InstructionSet set) {
    for (int[] size : SIZES) {
      try (Arena arena = Arena.ofConfined()) {
        RandomTensors tensors = new RandomTensors(arena, SEED);
        long numbers = (long) size[0] * size[1];
        MemorySegment x = tensors.floats(numbers, 6);
        MemorySegment y = tensors.floats(numbers, 6);
        for (Activation activation : Activation.values()) {
          for (MemorySegment up : new MemorySegment[] {y, MemorySegment.NULL}) {
            check(
                "gate " + activation,
                set,
                2e-6,
                kernels -> {
                  MemorySegment out = tensors.copy(x);
                  kernels.gate(activation, out, up, numbers, out);
                  return out;
                });
          }
        }
        check(
            "addScaled",
            set,
            1e-6,
            kernels -> {
              MemorySegment out = tensors.copy(x);
              kernels.addScaled(out, y, -0.3f, numbers);
              return out;
            });
      }
    }
  }

  @ParameterizedTest
  @MethodSource("sets")
  void gatesAreSaneAtTheEndsOfTheirRange(InstructionSet set) {
    float[] ends = {0, -0f, 87, 89, 1e4f, 3e38f, -87, -89, -1e4f, -3e38f};
    try (Arena arena = Arena.ofConfined();
        NativeKernels kernels = new NativeKernels(1, set)) {
      MemorySegment x = arena.allocateFrom(ValueLayout.JAVA_FLOAT, ends);
      MemorySegment out = arena.allocate(x.byteSize(), 64);
      kernels.gate(Activation.SILU, x, MemorySegment.NULL, ends.length, out);
      for (int i = 0; i < ends.length; i++) {
        float expected = ends[i] > 0 ? ends[i] : 0;
        float got = out.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        assertEquals(expected, got, Math.abs(expected) * 1e-6f + 1e-30f, "silu of " + ends[i]);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("sets")
  void rotationsAgree(InstructionSet set) {
    int[][] shapes = {
      {1, 1, 64, 64}, {3, 4, 80, 80}, {9, 2, 96, 48}, {2, 5, 112, 20}, {1, 1, 2, 2}
    };
    for (int[] shape : shapes) {
      for (boolean interleaved : new boolean[] {true, false}) {
        try (Arena arena = Arena.ofConfined()) {
          RandomTensors tensors = new RandomTensors(arena, SEED);
          MemorySegment x = tensors.floats((long) shape[0] * shape[1] * shape[2], 2);
          MemorySegment table = tensors.floats((long) shape[0] * shape[3], 1);
          check(
              "rope " + Arrays.toString(shape),
              set,
              2e-6,
              kernels -> {
                MemorySegment out = tensors.copy(x);
                kernels.rope(out, table, shape[0], shape[1], shape[2], shape[3], interleaved);
                return out;
              });
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("sets")
  void gathersAndScattersRows(InstructionSet set) {
    for (int columns : new int[] {1, 33, 256, 3000}) {
      try (Arena arena = Arena.ofConfined()) {
        RandomTensors tensors = new RandomTensors(arena, SEED);
        MemorySegment x = tensors.floats(9L * columns, 2);
        MemorySegment index = tensors.ints(4, 0, 8, 4, 4, 1, 7, 0, 2);
        MemorySegment weight = tensors.floats(9, 1);
        check(
            "gatherRows",
            set,
            0,
            kernels -> {
              MemorySegment out = tensors.zeros(9L * columns);
              kernels.gatherRows(x, index, 9, columns, out);
              return out;
            });
        check(
            "scatterAddRows",
            set,
            2e-6,
            kernels -> {
              MemorySegment out = tensors.zeros(9L * columns);
              kernels.scatterAddRows(x, index, weight, 9, columns, out);
              return out;
            });
      }
    }
  }

  @Test
  void refusesAnIndexBeyondTheRows() {
    try (Arena arena = Arena.ofConfined();
        NativeKernels kernels = new NativeKernels(1)) {
      RandomTensors tensors = new RandomTensors(arena, SEED);
      MemorySegment x = tensors.floats(20, 1);
      MemorySegment out = tensors.zeros(10);
      MemorySegment index = tensors.ints(2);
      assertThrows(IndexOutOfBoundsException.class, () -> kernels.gatherRows(x, index, 1, 10, out));
    }
  }

  @Test
  void refusesSegmentsThatAreTooShort() {
    try (Arena arena = Arena.ofConfined();
        NativeKernels kernels = new NativeKernels(1)) {
      RandomTensors tensors = new RandomTensors(arena, SEED);
      MemorySegment x = tensors.floats(20, 1);
      MemorySegment weight = tensors.floats(9, 1);
      assertThrows(
          IllegalArgumentException.class, () -> kernels.rmsNorm(x, weight, 1e-5f, 2, 10, x));
    }
  }
}
