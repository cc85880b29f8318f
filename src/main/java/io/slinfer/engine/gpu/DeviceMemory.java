package io.slinfer.engine.gpu;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Every byte that the engine holds on the device or pinned on the host, counted. Any thread. */
final class DeviceMemory {

  private static final Logger LOG = LoggerFactory.getLogger(DeviceMemory.class);

  private final GpuDriver driver;
  private final AtomicLong heldBytes = new AtomicLong();
  private final AtomicLong pinnedBytes = new AtomicLong();

  DeviceMemory(GpuDriver driver) {
    this.driver = driver;
  }

  /** Memory at fixed addresses on the device. */
  final class Buffer implements AutoCloseable {

    private final long address;
    private final long bytes;

    private Buffer(long bytes) {
      this.bytes = bytes;
      this.address = driver.allocate(bytes);
      heldBytes.addAndGet(bytes);
    }

    long address() {
      return address;
    }

    long bytes() {
      return bytes;
    }

    @Override
    public void close() {
      heldBytes.addAndGet(-bytes);
      giveBack(() -> driver.free(address));
    }
  }

  /** Pinned memory on the host. */
  final class Pinned implements AutoCloseable {

    private final MemorySegment segment;

    private Pinned(long bytes) {
      this.segment = driver.allocatePinned(bytes);
      pinnedBytes.addAndGet(bytes);
    }

    MemorySegment segment() {
      return segment;
    }

    @Override
    public void close() {
      pinnedBytes.addAndGet(-segment.byteSize());
      giveBack(() -> driver.freePinned(segment));
    }
  }

  /** Pages that are mapped somewhere. */
  final class Pages implements AutoCloseable {

    private final long address;
    private final long bytes;
    private final long handle;

    private Pages(long address, long bytes) {
      this.address = address;
      this.bytes = bytes;
      this.handle = driver.createPages(bytes);
      try {
        driver.map(address, bytes, handle);
      } catch (RuntimeException | Error failure) {
        driver.destroyPages(handle);
        throw failure;
      }
      heldBytes.addAndGet(bytes);
    }

    @Override
    public void close() {
      heldBytes.addAndGet(-bytes);
      giveBack(() -> driver.unmap(address, bytes));
      giveBack(() -> driver.destroyPages(handle));
    }
  }

  /**
   * A device that has failed takes nothing back: it has lost it all. The step that found out told.
   */
  static void giveBack(Runnable call) {
    try {
      call.run();
    } catch (GpuException lost) {
      LOG.debug("memory of a device that has failed is gone: {}", lost.getMessage());
    }
  }

  /**
   * @throws OutOfMemoryError if the device has no room
   */
  Buffer allocate(long bytes) {
    return new Buffer(Math.max(bytes, 256));
  }

  Pinned pinned(long bytes) {
    return new Pinned(bytes);
  }

  /**
   * Puts new memory at reserved addresses.
   *
   * @throws OutOfMemoryError if the device has no room
   */
  Pages map(long address, long bytes) {
    return new Pages(address, bytes);
  }

  /** Bytes held on the device. */
  long heldBytes() {
    return heldBytes.get();
  }

  /** Bytes held pinned on the host. */
  long pinnedBytes() {
    return pinnedBytes.get();
  }
}
