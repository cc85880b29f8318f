package io.slinfer.engine.gpu;

import io.slinfer.ffi.ReservedMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * A GPU that is none: the same CUDA sources, compiled for the host by scripts/build-cuda-host, on
 * host memory. As strict as a GPU where it can be: memory that nobody wrote holds no numbers,
 * mapping follows CUDA's rules, and at the end nothing may be left. Faults can be injected at any
 * call.
 */
@SuppressWarnings("restricted") // Test code that stands in for a driver.
public final class HostDriver implements GpuDriver {

  private static final int MULTIPROCESSORS = 4;
  private static final long PAGE_BYTES = 1L << 21;
  private static final byte POISON = (byte) 0xFF;
  private static final int MOST_POISONED = 8 << 20;

  private static final MethodHandle LAUNCH;
  private static final SymbolLookup KERNELS;

  static {
    KERNELS = SymbolLookup.libraryLookup(library(), Arena.global());
    LAUNCH =
        Linker.nativeLinker()
            .downcallHandle(
                KERNELS.findOrThrow("slinfer_host_launch"),
                FunctionDescriptor.of(
                    ValueLayout.ADDRESS,
                    ValueLayout.ADDRESS,
                    ValueLayout.ADDRESS,
                    ValueLayout.ADDRESS,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT));
  }

  private final long memoryBytes;
  private final Map<Long, Arena> allocations = new HashMap<>();
  private final Map<Long, Long> allocatedBytes = new HashMap<>();
  private final Map<Long, Arena> pinned = new HashMap<>();
  private final TreeMap<Long, ReservedMemory> ranges = new TreeMap<>();
  private final Map<Long, Long> pages = new HashMap<>();
  private final Map<Long, Long> mappedHandle = new HashMap<>();
  private final Map<Long, List<Recorded>> graphs = new HashMap<>();
  private final Map<Long, Integer> sharedOf = new HashMap<>();
  private final AtomicInteger calls = new AtomicInteger();
  private List<Recorded> recording;
  private long lastHandle;
  private long usedBytes;
  private int failingCall = Integer.MAX_VALUE;
  private Supplier<? extends Throwable> fault;
  private long graphLaunches;

  private record Recorded(long kernel, Grid grid, int threads, int sharedBytes, byte[] arguments) {}

  /**
   * @param memoryBytes what the device has
   */
  public HostDriver(long memoryBytes) {
    this.memoryBytes = memoryBytes;
  }

  private static Path library() {
    try {
      ProcessBuilder builder = new ProcessBuilder("scripts/build-cuda-host");
      builder.environment().remove("LD_PRELOAD");
      Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
      String path =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      if (process.waitFor() != 0) {
        throw new IllegalStateException("scripts/build-cuda-host failed");
      }
      return Path.of(path);
    } catch (java.io.IOException | InterruptedException failure) {
      throw new IllegalStateException(failure);
    }
  }

  /**
   * The call of this number from now on (1 is the next) fails, and all after it if {@code lost}.
   */
  public synchronized void failAt(int call, Supplier<? extends Throwable> with) {
    failingCall = calls.get() + call;
    fault = with;
  }

  /** How many calls there were. */
  public int calls() {
    return calls.get();
  }

  /** How many passes were launched as a graph. */
  public synchronized long graphLaunches() {
    return graphLaunches;
  }

  /** What is still held, for the end of a test; empty if nothing. */
  public synchronized String leftovers() {
    StringBuilder left = new StringBuilder();
    append(left, "allocations", allocations.size());
    append(left, "pinned buffers", pinned.size());
    append(left, "address ranges", ranges.size());
    append(left, "pages", pages.size());
    append(left, "graphs", graphs.size());
    append(left, "bytes", usedBytes);
    return left.toString();
  }

  private static void append(StringBuilder text, String what, long count) {
    if (count != 0) {
      text.append(count).append(' ').append(what).append(' ');
    }
  }

  /** Only calls that a driver may refuse are counted; giving back never fails. */
  private void called() {
    if (calls.incrementAndGet() == failingCall) {
      HostDriver.<RuntimeException>sneak(fault.get());
    }
  }

  @SuppressWarnings("unchecked")
  private static <E extends Throwable> void sneak(Throwable failure) throws E {
    throw (E) failure;
  }

  @Override
  public GpuProperties properties() {
    return new GpuProperties("host", MULTIPROCESSORS, 80, 13000, memoryBytes, PAGE_BYTES, 99 << 10);
  }

  @Override
  public void attach() {}

  @Override
  public synchronized long freeBytes() {
    return memoryBytes - usedBytes;
  }

  private void use(long bytes) {
    if (usedBytes + bytes > memoryBytes) {
      throw new OutOfMemoryError(
          "the device has " + (memoryBytes - usedBytes) + " bytes free, not " + bytes);
    }
    usedBytes += bytes;
  }

  @Override
  public synchronized long allocate(long bytes) {
    called();
    use(bytes);
    Arena arena = Arena.ofShared();
    MemorySegment memory = arena.allocate(bytes, 256);
    memory.asSlice(0, Math.min(bytes, MOST_POISONED)).fill(POISON);
    allocations.put(memory.address(), arena);
    allocatedBytes.put(memory.address(), bytes);
    return memory.address();
  }

  @Override
  public synchronized void free(long address) {
    Arena arena = allocations.remove(address);
    if (arena == null) {
      throw new IllegalStateException("free of what was not allocated");
    }
    usedBytes -= allocatedBytes.remove(address);
    arena.close();
  }

  @Override
  public synchronized MemorySegment allocatePinned(long bytes) {
    called();
    Arena arena = Arena.ofShared();
    MemorySegment memory = arena.allocate(bytes, 64);
    pinned.put(memory.address(), arena);
    return memory;
  }

  @Override
  public synchronized void freePinned(MemorySegment memory) {
    pinned.remove(memory.address()).close();
  }

  @Override
  public synchronized long reserve(long bytes) {
    called();
    requirePages(bytes);
    ReservedMemory range = ReservedMemory.of(bytes);
    ranges.put(range.segment().address(), range);
    return range.segment().address();
  }

  @Override
  public synchronized void release(long address, long bytes) {
    ReservedMemory range = ranges.remove(address);
    if (range == null || range.segment().byteSize() != bytes) {
      throw new IllegalStateException("release of what was not reserved");
    }
    if (mappedHandle.keySet().stream().anyMatch(at -> at >= address && at < address + bytes)) {
      throw new IllegalStateException("release of addresses that still have pages");
    }
    range.close();
  }

  @Override
  public synchronized long createPages(long bytes) {
    called();
    requirePages(bytes);
    use(bytes);
    pages.put(++lastHandle, bytes);
    return lastHandle;
  }

  @Override
  public synchronized void destroyPages(long handle) {
    if (mappedHandle.containsValue(handle)) {
      throw new IllegalStateException("pages are destroyed while mapped");
    }
    usedBytes -= pages.remove(handle);
  }

  @Override
  public synchronized void map(long address, long bytes, long handle) {
    called();
    ReservedMemory range = ranges.floorEntry(address).getValue();
    if (pages.get(handle) != bytes || mappedHandle.containsKey(address)) {
      throw new IllegalStateException("pages do not fit where they are mapped");
    }
    range.segment().asSlice(address - range.segment().address(), bytes).fill(POISON);
    mappedHandle.put(address, handle);
  }

  @Override
  public synchronized void unmap(long address, long bytes) {
    Long handle = mappedHandle.remove(address);
    if (handle == null || pages.get(handle) != bytes) {
      throw new IllegalStateException("unmap of what was not mapped");
    }
    ReservedMemory range = ranges.floorEntry(address).getValue();
    range.release(address - range.segment().address(), bytes);
  }

  private static void requirePages(long bytes) {
    if (bytes % PAGE_BYTES != 0 || bytes == 0) {
      throw new IllegalArgumentException(bytes + " bytes are not whole pages");
    }
  }

  @Override
  public void copyToDevice(int stream, long address, MemorySegment host) {
    called();
    ReservedMemory.view(address, host.byteSize()).copyFrom(host);
  }

  @Override
  public void copyToHost(int stream, MemorySegment host, long address) {
    called();
    host.copyFrom(ReservedMemory.view(address, host.byteSize()));
  }

  @Override
  public void synchronize(int stream) {
    called();
    if (recording != null && stream == COMPUTE) {
      throw new IllegalStateException("synchronised while recording");
    }
  }

  @Override
  public synchronized long kernel(String name, int sharedBytes) {
    called();
    if (sharedBytes > properties().sharedBytes()) {
      throw new IllegalArgumentException(name + " wants " + sharedBytes + " shared bytes");
    }
    long address = KERNELS.findOrThrow(name).address();
    sharedOf.merge(address, sharedBytes, Math::max);
    return address;
  }

  @Override
  public void launch(
      long kernel, Grid grid, int threads, int sharedBytes, MemorySegment arguments) {
    called();
    if (sharedBytes > sharedOf.get(kernel)) {
      throw new IllegalStateException("more shared memory than the kernel was opened with");
    }
    Recorded launch =
        new Recorded(kernel, grid, threads, sharedBytes, arguments.toArray(ValueLayout.JAVA_BYTE));
    if (recording != null) {
      recording.add(launch);
    } else {
      run(launch);
    }
  }

  private static void run(Recorded launch) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment arguments = arena.allocate(512, 8);
      MemorySegment.copy(
          launch.arguments, 0, arguments, ValueLayout.JAVA_BYTE, 0, launch.arguments.length);
      Grid grid = launch.grid;
      MemorySegment error =
          (MemorySegment)
              LAUNCH.invokeExact(
                  MemorySegment.ofAddress(launch.kernel),
                  arguments,
                  arena.allocateFrom(ValueLayout.JAVA_INT, grid.x(), grid.y(), grid.z()),
                  launch.threads,
                  launch.sharedBytes);
      if (error.address() != 0) {
        throw new IllegalStateException(error.reinterpret(256).getString(0));
      }
    } catch (RuntimeException | Error failure) {
      throw failure;
    } catch (Throwable failure) {
      throw new IllegalStateException(failure);
    }
  }

  @Override
  public void beginGraph() {
    called();
    recording = new ArrayList<>();
  }

  @Override
  public synchronized long endGraph() {
    graphs.put(++lastHandle, recording);
    recording = null;
    return lastHandle;
  }

  @Override
  public void launchGraph(long graph) {
    called();
    graphLaunches++;
    graphs.get(graph).forEach(HostDriver::run);
  }

  @Override
  public synchronized void destroyGraph(long graph) {
    if (graphs.remove(graph) == null) {
      throw new IllegalStateException("no such graph");
    }
  }

  @Override
  public void close() {
    String left = leftovers();
    if (!left.isEmpty()) {
      throw new IllegalStateException("closed with " + left);
    }
  }
}
