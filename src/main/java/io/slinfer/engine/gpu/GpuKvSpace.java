package io.slinfer.engine.gpu;

import io.slinfer.engine.Sequence;
import io.slinfer.kvcache.BlockTable;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The KV address space of one instance: one reserved range of addresses, in which slabs get pages
 * and lose them. Nothing moves. Confined to the step thread.
 */
final class GpuKvSpace implements AutoCloseable {

  private static final int MOST_BLOCKS = 1 << 18;

  private final GpuDriver driver;
  private final DeviceMemory memory;
  private final KvLayout layout;
  private final int maxSlabs;
  private final long base;
  private final Map<Integer, DeviceMemory.Pages> mapped = new HashMap<>();

  GpuKvSpace(GpuDriver driver, DeviceMemory memory, KvLayout layout, long addressBytes) {
    this.driver = driver;
    this.memory = memory;
    this.layout = layout;
    this.maxSlabs =
        Math.toIntExact(
            Math.clamp(addressBytes / layout.slabBytes(), 1, MOST_BLOCKS / layout.blocksPerSlab()));
    this.base = driver.reserve(layout.slabBytes() * maxSlabs);
  }

  KvLayout layout() {
    return layout;
  }

  int maxSlabs() {
    return maxSlabs;
  }

  /** Where the range starts. */
  long base() {
    return base;
  }

  /** Maps all of the slabs or none. */
  void map(int[] slabs) {
    List<Integer> done = new ArrayList<>();
    try {
      for (int slab : slabs) {
        if (slab < 0 || slab >= maxSlabs || mapped.containsKey(slab)) {
          throw new IllegalArgumentException(
              "slab " + slab + " of " + maxSlabs + (mapped.containsKey(slab) ? " is mapped" : ""));
        }
        mapped.put(slab, memory.map(base + slab * layout.slabBytes(), layout.slabBytes()));
        done.add(slab);
      }
    } catch (RuntimeException | Error failure) {
      done.forEach(slab -> mapped.remove(slab).close());
      throw failure;
    }
  }

  void unmap(int[] slabs) {
    for (int slab : slabs) {
      DeviceMemory.Pages pages = mapped.remove(slab);
      if (pages != null) {
        pages.close();
      }
    }
  }

  /** The block itself, which lies in a mapped slab. */
  int checked(int block) {
    if (!mapped.containsKey(block / layout.blocksPerSlab())) {
      throw new IllegalStateException("block " + block + " lies in no mapped slab");
    }
    return block;
  }

  private long blockAddress(int block) {
    int slab = checked(block) / layout.blocksPerSlab();
    return base + slab * layout.slabBytes() + block % layout.blocksPerSlab() * layout.blockBytes();
  }

  /** The blocks of a sequence that hold its computed tokens, one after another. */
  GpuKvImage copyOut(Sequence sequence) {
    int blocks = BlockTable.blocksFor(sequence.computed());
    DeviceMemory.Pinned copy = memory.pinned(Math.max(1, blocks * layout.blockBytes()));
    try {
      for (int i = 0; i < blocks; i++) {
        driver.copyToHost(
            GpuDriver.COMPUTE, part(copy, i), blockAddress(sequence.blocks().block(i)));
      }
      driver.synchronize(GpuDriver.COMPUTE);
      return new GpuKvImage(layout, sequence.computed(), copy);
    } catch (RuntimeException failure) {
      copy.close();
      throw failure;
    }
  }

  /** Fills a sequence's first blocks from an image of the same layout. */
  void copyIn(Sequence sequence, GpuKvImage image) {
    int blocks = BlockTable.blocksFor(image.tokens());
    if (!image.layout().equals(layout) || sequence.blocks().size() < blocks) {
      throw new IllegalArgumentException(
          "an image of " + image.layout() + ", " + image.tokens() + " tokens, does not fit");
    }
    for (int i = 0; i < blocks; i++) {
      driver.copyToDevice(
          GpuDriver.COMPUTE, blockAddress(sequence.blocks().block(i)), part(image.memory(), i));
    }
    driver.synchronize(GpuDriver.COMPUTE);
  }

  private MemorySegment part(DeviceMemory.Pinned copy, int block) {
    return copy.segment().asSlice(block * layout.blockBytes(), layout.blockBytes());
  }

  @Override
  public void close() {
    mapped.values().forEach(DeviceMemory.Pages::close);
    mapped.clear();
    DeviceMemory.giveBack(() -> driver.release(base, layout.slabBytes() * maxSlabs));
  }
}
