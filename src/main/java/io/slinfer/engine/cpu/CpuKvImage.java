package io.slinfer.engine.cpu;

import io.slinfer.engine.KvImage;
import io.slinfer.engine.cpu.CpuKernels.KvShape;
import io.slinfer.ffi.ReservedMemory;
import java.lang.foreign.MemorySegment;

/** Whole KV blocks of one sequence, copied out in token order. */
final class CpuKvImage implements KvImage {

  private final KvShape shape;
  private final int tokens;
  private final ReservedMemory memory;
  private final long bytes;

  CpuKvImage(KvShape shape, int tokens, long bytes) {
    this.shape = shape;
    this.tokens = tokens;
    this.bytes = bytes;
    this.memory = ReservedMemory.of(Math.max(1, bytes));
  }

  KvShape shape() {
    return shape;
  }

  MemorySegment data() {
    return memory.segment();
  }

  @Override
  public int tokens() {
    return tokens;
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public void close() {
    memory.close();
  }
}
