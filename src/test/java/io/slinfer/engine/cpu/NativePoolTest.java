package io.slinfer.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.slinfer.ffi.InstructionSet;
import io.slinfer.ffi.KernelPool;
import io.slinfer.model.gguf.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The native threads: results do not depend on them, and pools on few cores do not stall. */
final class NativePoolTest {

  private static final long SEED = Long.getLong("slinfer.seed", 20261123);
  private static final int ROUNDS = 300;

  /** Products of a pool of its own; some rounds within a step, some outside. */
  private static MemorySegment multiplyRepeatedly(int threads) {
    try (Arena arena = Arena.ofConfined();
        NativeKernels kernels = new NativeKernels(threads)) {
      RandomTensors tensors = new RandomTensors(arena, SEED);
      WeightMatrix[] weights = {tensors.weights(TensorType.Q4_0, 500, 512)};
      MemorySegment x = tensors.floats(9L * 512, 1);
      MemorySegment out = tensors.zeros(9L * 500);
      for (int round = 0; round < ROUNDS; round++) {
        if (round % 10 == 0) {
          kernels.beginStep();
        }
        out.fill((byte) 0);
        kernels.matmul(x, round % 2 == 0 ? 9 : 1, weights, new MemorySegment[] {out});
        if (round % 10 == 6) {
          kernels.endStep();
        }
      }
      kernels.matmul(x, 9, weights, new MemorySegment[] {out});
      return Arena.ofAuto().allocate(out.byteSize(), 64).copyFrom(out);
    }
  }

  @Test
  void resultsDoNotDependOnTheNumberOfThreads() {
    MemorySegment alone = multiplyRepeatedly(1);
    assertEquals(-1, alone.mismatch(multiplyRepeatedly(2)));
    assertEquals(-1, alone.mismatch(multiplyRepeatedly(7)));
  }

  @Test
  void manyPoolsOnFewCoresFinish() throws Exception {
    MemorySegment alone = multiplyRepeatedly(1);
    try (ExecutorService owners = Executors.newFixedThreadPool(4)) {
      List<Future<MemorySegment>> results = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        results.add(owners.submit(() -> multiplyRepeatedly(4)));
      }
      for (Future<MemorySegment> result : results) {
        assertEquals(-1, alone.mismatch(result.get(60, TimeUnit.SECONDS)));
      }
    }
  }

  @Test
  void namesWhatItRunsOn() {
    try (NativeKernels kernels = new NativeKernels(3, InstructionSet.BASELINE)) {
      assertEquals("native baseline, 3 threads", kernels.description());
    }
    assertEquals(InstructionSet.BASELINE, InstructionSet.available().getFirst());
    assertEquals(InstructionSet.best(), InstructionSet.available().getLast());
  }

  @Test
  void refusesWorkAfterItsEnd() {
    KernelPool pool = KernelPool.create(2, InstructionSet.BASELINE);
    pool.close();
    pool.close();
    assertThrows(IllegalStateException.class, pool::beginStep);
    assertThrows(
        IllegalArgumentException.class, () -> KernelPool.create(0, InstructionSet.BASELINE));
  }
}
