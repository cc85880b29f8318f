package io.slinfer.engine.gpu;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Copies weights from mapped files to the device: each copier has a thread, a stream, and two
 * pinned buffers, one filling from the file while the other is on its way. Used by one load at a
 * time.
 */
final class WeightCopiers implements AutoCloseable {

  private static final int CHUNK_BYTES = 4 << 20;

  private final GpuDriver driver;
  private final DeviceMemory memory;
  private final int count;
  private final ExecutorService threads;
  private final List<DeviceMemory.Pinned> buffers = new ArrayList<>();

  /** A piece of a tensor. */
  private record Chunk(MemorySegment from, long address) {}

  /**
   * @param count how many; at most a quarter of the streams' number is of use, as two streams serve
   *     each
   */
  WeightCopiers(GpuDriver driver, DeviceMemory memory, int count) {
    this.driver = driver;
    this.memory = memory;
    this.count = Math.clamp(count, 1, (GpuDriver.STREAMS - 1) / 2);
    this.threads =
        Executors.newFixedThreadPool(
            this.count,
            task -> Thread.ofPlatform().name("slinfer-gpu-copy").daemon().unstarted(task));
  }

  /**
   * Copies all parts; returns once they have arrived.
   *
   * @param base address that the parts' offsets are from
   */
  void copy(List<WeightPlan.Part> parts, long base) {
    while (buffers.size() < 2 * count) {
      buffers.add(memory.pinned(CHUNK_BYTES));
    }
    List<Chunk> chunks = new ArrayList<>();
    for (WeightPlan.Part part : parts) {
      for (long at = 0; at < part.from().byteSize(); at += CHUNK_BYTES) {
        long bytes = Math.min(CHUNK_BYTES, part.from().byteSize() - at);
        chunks.add(new Chunk(part.from().asSlice(at, bytes), base + part.offset() + at));
      }
    }
    AtomicInteger next = new AtomicInteger();
    List<Future<?>> running = new ArrayList<>();
    for (int copier = 0; copier < count; copier++) {
      int number = copier;
      Callable<Void> work =
          () -> {
            run(number, chunks, next);
            return null;
          };
      running.add(threads.submit(work));
    }
    await(running, next, chunks.size());
  }

  private void run(int copier, List<Chunk> chunks, AtomicInteger next) {
    driver.attach();
    int side = 0;
    for (int i = next.getAndIncrement(); i < chunks.size(); i = next.getAndIncrement()) {
      int stream = 1 + 2 * copier + side;
      driver.synchronize(stream);
      Chunk chunk = chunks.get(i);
      MemorySegment buffer =
          buffers.get(2 * copier + side).segment().asSlice(0, chunk.from().byteSize());
      buffer.copyFrom(chunk.from());
      driver.copyToDevice(stream, chunk.address(), buffer);
      side ^= 1;
    }
    driver.synchronize(1 + 2 * copier);
    driver.synchronize(2 + 2 * copier);
  }

  /** Waits for all, also after a failure: nobody may still write when the memory is freed. */
  private static void await(List<Future<?>> running, AtomicInteger next, int end) {
    Throwable first = null;
    boolean interrupted = false;
    for (Future<?> copier : running) {
      while (true) {
        try {
          copier.get();
          break;
        } catch (ExecutionException failure) {
          next.set(end);
          first = first == null ? failure.getCause() : first;
          break;
        } catch (InterruptedException stop) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    switch (first) {
      case null -> {}
      case RuntimeException failure -> throw failure;
      case Error failure -> throw failure;
      default -> throw new IllegalStateException(first);
    }
  }

  @Override
  public void close() {
    threads.shutdown();
    try {
      if (!threads.awaitTermination(1, TimeUnit.MINUTES)) {
        throw new IllegalStateException("a copy of weights does not end");
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
    buffers.forEach(DeviceMemory.Pinned::close);
    buffers.clear();
  }
}
