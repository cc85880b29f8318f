package io.slinfer.engine.gpu;

import java.lang.foreign.MemorySegment;

/**
 * All that the engine asks of a GPU: memory, copies, launches. Addresses are the device's, never
 * read by Java. Two implementations: {@link CudaDriver}, and in the tests one that runs the same
 * kernels, compiled for the host, on host memory.
 *
 * <p>Streams: work on one stream is done in order; stream {@link #COMPUTE} is the step thread's,
 * the others are the copiers' of loads. Copies and launches return at once.
 *
 * <p>Thread: any, once it has called {@link #attach}; a stream is one thread's.
 *
 * @see GpuException thrown by every method when the driver refuses; no room is an OutOfMemoryError
 */
public interface GpuDriver extends AutoCloseable {

  /** The stream of steps. */
  int COMPUTE = 0;

  /** How many streams there are. */
  int STREAMS = 9;

  GpuProperties properties();

  /** Lets the calling thread use the device. */
  void attach();

  /** Bytes that could be allocated now. */
  long freeBytes();

  /** Memory on the device, aligned to 256 bytes, contents undefined. */
  long allocate(long bytes);

  void free(long address);

  /** Host memory that the device can copy from and to in the background. */
  MemorySegment allocatePinned(long bytes);

  void freePinned(MemorySegment memory);

  /** Addresses without memory; bytes in whole pages. */
  long reserve(long bytes);

  void release(long address, long bytes);

  /** Memory without addresses; bytes in whole pages. Returns a handle. */
  long createPages(long bytes);

  void destroyPages(long handle);

  /** Puts memory at reserved addresses. */
  void map(long address, long bytes, long handle);

  /** Takes memory from addresses; nothing that is under way may use it. */
  void unmap(long address, long bytes);

  void copyToDevice(int stream, long address, MemorySegment host);

  void copyToHost(int stream, MemorySegment host, long address);

  /** Waits until all work on a stream is done. */
  void synchronize(int stream);

  /** The kernel of this name, which launches with up to {@code sharedBytes} of shared memory. */
  long kernel(String name, int sharedBytes);

  /**
   * Launches a kernel on {@link #COMPUTE}.
   *
   * @param arguments the one struct that it takes; read during the call
   */
  void launch(long kernel, Grid grid, int threads, int sharedBytes, MemorySegment arguments);

  /** From here on launches on {@link #COMPUTE} are recorded and not run. */
  void beginGraph();

  /** Ends the recording; the graph can be launched again and again. */
  long endGraph();

  void launchGraph(long graph);

  void destroyGraph(long graph);

  /** Frees the device. */
  @Override
  void close();

  /** How many blocks a launch has. */
  record Grid(int x, int y, int z) {

    public Grid(int x) {
      this(x, 1, 1);
    }

    public Grid(int x, int y) {
      this(x, y, 1);
    }
  }
}
