package io.slinfer.engine.cpu;

import io.slinfer.engine.Sequence;
import io.slinfer.engine.cpu.CpuKernels.KvShape;
import io.slinfer.ffi.ReservedMemory;
import io.slinfer.kvcache.BlockTable;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;

/**
 * The KV address space of one instance: blocks in one reserved range, each a slab of its own. A
 * mapped slab takes memory as its blocks are written and gives it back at once when unmapped;
 * nothing moves. Confined to the engine's thread.
 */
final class KvSpace implements AutoCloseable {

  /** Blocks are counted by their owner, so there are not more than any instance could use. */
  private static final int MOST_BLOCKS = 1 << 18;

  private final KvShape shape;
  private final long strideBytes;
  private final int maxSlabs;
  private final ReservedMemory memory;
  private final BitSet mapped = new BitSet();

  /**
   * @param addressBytes about how large the address space is to be
   */
  KvSpace(KvShape shape, long addressBytes) {
    this.shape = shape;
    this.strideBytes = strideBytes(shape.blockBytes());
    this.maxSlabs = Math.toIntExact(Math.clamp(addressBytes / strideBytes, 1, MOST_BLOCKS));
    this.memory = ReservedMemory.of(strideBytes * maxSlabs);
  }

  /**
   * How far apart blocks lie: each has pages of its own, so that each can come and go alone.
   *
   * @param blockBytes what a block holds
   */
  static long strideBytes(long blockBytes) {
    long pages = Math.ceilDiv(blockBytes, (long) ReservedMemory.PAGE_BYTES);
    return pages * ReservedMemory.PAGE_BYTES;
  }

  KvShape shape() {
    return shape;
  }

  /** Bytes that a block takes. */
  long strideBytes() {
    return strideBytes;
  }

  int maxSlabs() {
    return maxSlabs;
  }

  /**
   * @param takesAhead whether their memory is taken now
   * @throws OutOfMemoryError if the system has none; then nothing is mapped
   */
  void map(int[] slabs, boolean takesAhead) {
    for (int slab : slabs) {
      if (slab < 0 || slab >= maxSlabs) {
        throw new IllegalArgumentException("slab " + slab + " of " + maxSlabs);
      }
    }
    if (takesAhead) {
      forRanges(slabs, memory::take);
    }
    for (int slab : slabs) {
      mapped.set(slab);
    }
  }

  void unmap(int[] slabs) {
    for (int slab : slabs) {
      mapped.clear(slab);
    }
    forRanges(slabs, memory::release);
  }

  @FunctionalInterface
  private interface RangeAction {
    void on(long offsetBytes, long bytes);
  }

  /** Slabs that lie side by side go together. */
  private void forRanges(int[] slabs, RangeAction action) {
    BitSet chosen = new BitSet();
    for (int slab : slabs) {
      chosen.set(slab);
    }
    int end = 0;
    for (int start = chosen.nextSetBit(0); start >= 0; start = chosen.nextSetBit(end)) {
      end = chosen.nextClearBit(start);
      action.on(start * strideBytes, (end - start) * strideBytes);
    }
  }

  /** The address of a block of a mapped slab. */
  long blockAddress(int block) {
    if (!mapped.get(block)) {
      throw new IllegalStateException("block " + block + " lies in no mapped slab");
    }
    return memory.segment().address() + block * strideBytes;
  }

  /** The blocks of a sequence that hold its computed tokens, one after another. */
  CpuKvImage copyOut(Sequence sequence) {
    int blocks = BlockTable.blocksFor(sequence.computed());
    CpuKvImage image = new CpuKvImage(shape, sequence.computed(), blocks * shape.blockBytes());
    for (int i = 0; i < blocks; i++) {
      image
          .data()
          .asSlice(i * shape.blockBytes(), shape.blockBytes())
          .copyFrom(block(sequence.blocks().block(i)));
    }
    return image;
  }

  /** Fills a sequence's first blocks from an image of the same shape. */
  void copyIn(Sequence sequence, CpuKvImage image) {
    int blocks = BlockTable.blocksFor(image.tokens());
    if (!image.shape().equals(shape) || sequence.blocks().size() < blocks) {
      throw new IllegalArgumentException(
          "an image of " + image.shape() + ", " + image.tokens() + " tokens, does not fit");
    }
    for (int i = 0; i < blocks; i++) {
      block(sequence.blocks().block(i))
          .copyFrom(image.data().asSlice(i * shape.blockBytes(), shape.blockBytes()));
    }
  }

  private MemorySegment block(int block) {
    return ReservedMemory.view(blockAddress(block), shape.blockBytes());
  }

  @Override
  public void close() {
    memory.close();
  }
}
