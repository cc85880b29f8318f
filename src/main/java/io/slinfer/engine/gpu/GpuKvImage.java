package io.slinfer.engine.gpu;

import io.slinfer.engine.KvImage;

/** Whole KV blocks of one sequence in pinned host memory, in token order. */
final class GpuKvImage implements KvImage {

  private final KvLayout layout;
  private final int tokens;
  private final DeviceMemory.Pinned memory;

  GpuKvImage(KvLayout layout, int tokens, DeviceMemory.Pinned memory) {
    this.layout = layout;
    this.tokens = tokens;
    this.memory = memory;
  }

  KvLayout layout() {
    return layout;
  }

  DeviceMemory.Pinned memory() {
    return memory;
  }

  @Override
  public int tokens() {
    return tokens;
  }

  @Override
  public long bytes() {
    return memory.segment().byteSize();
  }

  @Override
  public void close() {
    memory.close();
  }
}
