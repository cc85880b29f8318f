package io.slinfer.engine.cpu;

import io.slinfer.engine.Sequence;
import io.slinfer.engine.cpu.CpuKernels.KvShape;
import io.slinfer.ffi.ReservedMemory;
import io.slinfer.kvcache.BlockTable;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;

/**
 * The KV address space of one instance: slabs of blocks in one reserved range. A mapped slab takes
 * memory as its blocks are written and gives it back at once when unmapped; nothing moves. Confined
 * to the engine's thread.
 */
final class KvSpace implements AutoCloseable {

  /** Slabs are at least this large, so that giving one back is worth a system call. */
  private static final long SMALLEST_SLAB_BYTES = 1 << 20;

  /** Blocks are counted by their owner, so there are not more than any instance could use. */
  private static final int MOST_BLOCKS = 1 << 18;

  private final KvShape shape;
  private final int blocksPerSlab;
  private final int maxSlabs;
  private final ReservedMemory memory;
  private final BitSet mapped = new BitSet();

  /**
   * @param addressBytes about how large the address space is to be
   */
  KvSpace(KvShape shape, long addressBytes) {
    this.shape = shape;
    this.blocksPerSlab = blocksPerSlab(shape.blockBytes());
    long slabBytes = shape.blockBytes() * blocksPerSlab;
    this.maxSlabs =
        Math.toIntExact(
            Math.clamp(addressBytes / slabBytes, 1, Math.max(1, MOST_BLOCKS / blocksPerSlab)));
    this.memory = ReservedMemory.of(slabBytes * maxSlabs);
  }

  /** The smallest power of two that makes slabs large enough and of whole pages. */
  private static int blocksPerSlab(long blockBytes) {
    int blocks = 1;
    while (blocks * blockBytes < SMALLEST_SLAB_BYTES
        || blocks * blockBytes % ReservedMemory.PAGE_BYTES != 0) {
      blocks *= 2;
    }
    return blocks;
  }

  KvShape shape() {
    return shape;
  }

  int blocksPerSlab() {
    return blocksPerSlab;
  }

  int maxSlabs() {
    return maxSlabs;
  }

  void map(int[] slabs) {
    for (int slab : slabs) {
      if (slab < 0 || slab >= maxSlabs) {
        throw new IllegalArgumentException("slab " + slab + " of " + maxSlabs);
      }
    }
    for (int slab : slabs) {
      mapped.set(slab);
    }
  }

  void unmap(int[] slabs) {
    long slabBytes = shape.blockBytes() * blocksPerSlab;
    for (int slab : slabs) {
      memory.release(slab * slabBytes, slabBytes);
      mapped.clear(slab);
    }
  }

  /** The address of a block of a mapped slab. */
  long blockAddress(int block) {
    if (!mapped.get(block / blocksPerSlab)) {
      throw new IllegalStateException("block " + block + " lies in no mapped slab");
    }
    return memory.segment().address() + block * shape.blockBytes();
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
