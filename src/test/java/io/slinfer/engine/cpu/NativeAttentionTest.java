package io.slinfer.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.engine.cpu.CpuKernels.KvBatch;
import io.slinfer.engine.cpu.CpuKernels.KvShape;
import io.slinfer.ffi.InstructionSet;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Storing keys and values, and attention, of every instruction set against the oracle. */
final class NativeAttentionTest {

  private static final long SEED = Long.getLong("slinfer.seed", 20261123);
  private static final int LAYERS = 2;
  private static final int LAYER = 1;

  /** Heads, their size, and what bends their scores. */
  private record Head(
      int queryHeads, int kvHeads, int size, float softcap, int window, boolean sinks) {}

  private static final Head[] HEADS = {
    new Head(8, 1, 64, 0, 0, false),
    new Head(4, 4, 80, 0, 0, true),
    new Head(6, 2, 96, 30, 37, false),
    new Head(14, 2, 112, 0, 16, true),
    new Head(16, 1, 256, 50, 0, false),
    new Head(71, 1, 8, 0, 200, true),
    new Head(3, 1, 20, 0, 1, false),
  };

  /** Rows and start position of each sequence of a batch. */
  private static final int[][][] BATCHES = {
    {{1, 0}},
    {{1, 600}, {1, 15}, {1, 1100}},
    {{17, 0}, {1, 31}, {40, 130}, {2, 700}},
    {{150, 3}},
  };

  static List<InstructionSet> sets() {
    return InstructionSet.available();
  }

  @ParameterizedTest
  @MethodSource("sets")
  void agreesWithTheOracle(InstructionSet set) {
    try (NativeKernels kernels = new NativeKernels(2, set)) {
      for (int i = 0; i < HEADS.length; i++) {
        for (int[][] sequences : BATCHES) {
          try (Arena arena = Arena.ofConfined()) {
            new Case(arena, HEADS[i], sequences, SEED + i).check(kernels);
          }
        }
      }
    }
  }

  /** One layer of a cache with random content, and a batch over it. */
  private static final class Case {
    private final Head head;
    private final int[][] sequences;
    private final KvShape shape;
    private final RandomTensors tensors;
    private final KvBatch batch;
    private final MemorySegment cache;
    private final int rows;

    Case(Arena arena, Head head, int[][] sequences, long seed) {
      this.head = head;
      this.sequences = sequences;
      this.shape = new KvShape(LAYERS, head.kvHeads, head.size);
      this.tensors = new RandomTensors(arena, seed);
      int blocks = 0;
      int[] firstRow = new int[sequences.length + 1];
      int[] firstBlock = new int[sequences.length + 1];
      for (int s = 0; s < sequences.length; s++) {
        firstRow[s + 1] = firstRow[s] + sequences[s][0];
        blocks += Math.ceilDiv(sequences[s][0] + sequences[s][1], KvShape.TOKENS);
        firstBlock[s + 1] = blocks;
      }
      this.rows = firstRow[sequences.length];
      this.cache = randomHalves(arena, blocks * shape.blockBytes());
      MemorySegment addresses = arena.allocate((long) blocks * Long.BYTES, 64);
      for (int b = 0; b < blocks; b++) {
        // The table goes through the cache backwards, so that neighbours are not side by side.
        long address = cache.address() + (blocks - 1 - b) * shape.blockBytes();
        addresses.setAtIndex(ValueLayout.JAVA_LONG, b, address);
      }
      int[] starts = Arrays.stream(sequences).mapToInt(sequence -> sequence[1]).toArray();
      this.batch =
          new KvBatch(
              sequences.length,
              tensors.ints(firstRow),
              tensors.ints(starts),
              tensors.ints(firstBlock),
              addresses);
    }

    private MemorySegment randomHalves(Arena arena, long bytes) {
      MemorySegment halves = arena.allocate(bytes, 64);
      MemorySegment source = tensors.floats(bytes / Short.BYTES, 1);
      for (long i = 0; i < bytes / Short.BYTES; i++) {
        float value = source.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        halves.setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16(value));
      }
      return halves;
    }

    void check(NativeKernels kernels) {
      ReferenceKernels oracle = new ReferenceKernels();
      long kvNumbers = (long) rows * head.kvHeads * head.size;
      MemorySegment k = tensors.floats(kvNumbers, 2);
      MemorySegment v = tensors.floats(kvNumbers, 2);
      MemorySegment before = tensors.copy(cache);
      oracle.storeKv(shape, LAYER, batch, k, v);
      MemorySegment expectedCache = tensors.copy(cache);
      cache.copyFrom(before);
      kernels.storeKv(shape, LAYER, batch, k, v);
      assertEquals(-1, expectedCache.mismatch(cache), "first byte of the cache that differs");

      spoilUnwrittenTokens();
      long numbers = (long) rows * head.queryHeads * head.size;
      MemorySegment q = tensors.floats(numbers, 2);
      MemorySegment sinks = head.sinks ? tensors.floats(head.queryHeads, 2) : MemorySegment.NULL;
      MemorySegment expected = tensors.zeros(numbers);
      MemorySegment actual = tensors.zeros(numbers);
      float scale = (float) (1 / Math.sqrt(head.size));
      attend(oracle, q, scale, sinks, expected);
      attend(kernels, q, scale, sinks, actual);
      for (long i = 0; i < numbers; i++) {
        float want = expected.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        float got = actual.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        long at = i;
        assertTrue(
            Math.abs(want - got) <= 5e-5,
            () ->
                "%s %s seed %d: number %d is %g, expected %g"
                    .formatted(head, Arrays.deepToString(sequences), SEED, at, got, want));
      }
    }

    private void attend(
        CpuKernels kernels, MemorySegment q, float scale, MemorySegment sinks, MemorySegment out) {
      kernels.attention(
          shape, LAYER, batch, q, head.queryHeads, scale, head.softcap, head.window, sinks, out);
    }

    /** What nobody wrote may hold anything: NaN must not reach a result. */
    private void spoilUnwrittenTokens() {
      for (int s = 0; s < sequences.length; s++) {
        int tokens = sequences[s][0] + sequences[s][1];
        int block = batch.firstBlock().getAtIndex(ValueLayout.JAVA_INT, s + 1) - 1;
        long address = batch.blockAddresses().getAtIndex(ValueLayout.JAVA_LONG, block);
        long base = address - cache.address();
        for (int h = 0; h < head.kvHeads; h++) {
          for (int t = (tokens - 1) % KvShape.TOKENS + 1; t < KvShape.TOKENS; t++) {
            for (int d = 0; d < head.size; d++) {
              setNaN(base + shape.keyOffset(LAYER, h, t, d));
              setNaN(base + shape.valueOffset(LAYER, h, t) + (long) d * Short.BYTES);
            }
          }
        }
      }
    }

    private void setNaN(long offset) {
      cache.set(ValueLayout.JAVA_SHORT, offset, Float.floatToFloat16(Float.NaN));
    }
  }
}
