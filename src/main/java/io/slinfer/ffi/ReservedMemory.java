package io.slinfer.ffi;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * A range of zeroed address space that takes memory page by page as it is written (POSIX mmap,
 * private, anonymous, not reserved in swap), and gives pages back at once. A page that nobody may
 * touch lies on either side: what runs over an end stops there instead of in other memory, and the
 * kernel joins the range with no other, so that it is one entry of its own in {@code
 * /proc/PID/smaps}.
 *
 * <p>Thread: any; the caller sees to it that nobody touches what is released or closed.
 */
public final class ReservedMemory implements AutoCloseable {

  /** Releases work on whole pages of this size. */
  public static final int PAGE_BYTES = 4096;

  private static final int NO_ACCESS = 0;
  private static final int READ_WRITE = 0x1 | 0x2;
  private static final int PRIVATE_ANONYMOUS_UNRESERVED = 0x02 | 0x20 | 0x4000;
  private static final int DONT_NEED = 4;
  private static final int LARGE_PAGES = 14;
  private static final int POPULATE_READ = 22;
  private static final int POPULATE_WRITE = 23;
  private static final int NO_MEMORY = 12;

  private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
  private static final MemoryLayout CALL_STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO_VALUE =
      CALL_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
  private static final AddressLayout ADDRESS = ValueLayout.ADDRESS;
  private static final MethodHandle MMAP =
      function("mmap", FunctionDescriptor.of(ADDRESS, ADDRESS, LONG, INT, INT, INT, LONG));
  private static final MethodHandle MPROTECT =
      function("mprotect", FunctionDescriptor.of(INT, ADDRESS, LONG, INT));
  private static final MethodHandle MUNMAP =
      function("munmap", FunctionDescriptor.of(INT, ADDRESS, LONG));
  private static final MethodHandle MADVISE =
      function("madvise", FunctionDescriptor.of(INT, ADDRESS, LONG, INT));

  private final Arena arena;
  private final MemorySegment segment;

  private ReservedMemory(Arena arena, MemorySegment segment) {
    this.arena = arena;
    this.segment = segment;
  }

  /**
   * Reserves {@code bytes}, rounded up to whole pages.
   *
   * @throws OutOfMemoryError when the system has no address space for it
   */
  public static ReservedMemory of(long bytes) {
    long rounded = Math.ceilDiv(bytes, (long) PAGE_BYTES) * PAGE_BYTES;
    try (Arena call = Arena.ofConfined()) {
      MemorySegment state = call.allocate(CALL_STATE);
      MemorySegment guarded =
          (MemorySegment)
              MMAP.invokeExact(
                  state,
                  MemorySegment.NULL,
                  rounded + 2 * PAGE_BYTES,
                  NO_ACCESS,
                  PRIVATE_ANONYMOUS_UNRESERVED,
                  -1,
                  0L);
      if (guarded.address() == -1) {
        throw noAddressSpace(rounded, errno(state));
      }
      long start = guarded.address() + PAGE_BYTES;
      int status =
          (int) MPROTECT.invokeExact(state, MemorySegment.ofAddress(start), rounded, READ_WRITE);
      if (status != 0) {
        int error = errno(state);
        unmap(start, rounded);
        throw noAddressSpace(rounded, error);
      }
      Arena arena = Arena.ofShared();
      return new ReservedMemory(arena, view(start, rounded, arena));
    } catch (Throwable failure) {
      throw rethrown(failure);
    }
  }

  private static OutOfMemoryError noAddressSpace(long bytes, int error) {
    return new OutOfMemoryError(
        "cannot reserve " + bytes + " bytes of address space: errno " + error);
  }

  /** The whole range. */
  public MemorySegment segment() {
    return segment;
  }

  /**
   * Takes the memory of whole pages now, where the kernel can (Linux 5.14); else they take it as
   * they are written.
   *
   * @throws OutOfMemoryError when there is none
   */
  public void take(long offset, long bytes) {
    if (advise(pages(offset, bytes), POPULATE_WRITE) == NO_MEMORY) {
      throw new OutOfMemoryError("the system has no memory for " + bytes + " more bytes");
    }
  }

  /** Gives the memory of whole pages back; they read as zeros from now on. */
  public void release(long offset, long bytes) {
    int error = advise(pages(offset, bytes), DONT_NEED);
    if (error != 0) {
      throw new IllegalStateException("cannot release memory: errno " + error);
    }
  }

  /**
   * Has a mapped file read from its disk and mapped in pages of 2 MiB where the kernel can: what is
   * in the page cache already stays as it is, and a kernel that cannot ignores it.
   */
  public static void inLargePages(MemorySegment mapped) {
    long bytes = Math.ceilDiv(mapped.byteSize(), (long) PAGE_BYTES) * PAGE_BYTES;
    advise(view(mapped.address(), bytes), LARGE_PAGES);
  }

  /**
   * Reads a part of a mapped file into memory, with the pages that it shares with its neighbours,
   * where it is not there yet.
   */
  public static void read(MemorySegment mapped) {
    if (advise(wholePages(mapped), POPULATE_READ) != 0) {
      mapped.load();
    }
  }

  /**
   * Takes a part of a mapped file out of the process's memory, with the pages that it shares with
   * its neighbours; what is touched again is read again, from the page cache if it is there.
   */
  public static void drop(MemorySegment mapped) {
    int error = advise(wholePages(mapped), DONT_NEED);
    if (error != 0) {
      throw new IllegalStateException("cannot drop mapped memory: errno " + error);
    }
  }

  private static MemorySegment wholePages(MemorySegment mapped) {
    long before = mapped.address() % PAGE_BYTES;
    long bytes = Math.ceilDiv(before + mapped.byteSize(), (long) PAGE_BYTES) * PAGE_BYTES;
    return view(mapped.address() - before, bytes);
  }

  private MemorySegment pages(long offset, long bytes) {
    if (offset % PAGE_BYTES != 0 || bytes % PAGE_BYTES != 0) {
      throw new IllegalArgumentException(
          bytes + " bytes at " + offset + " are not whole pages of " + PAGE_BYTES);
    }
    return segment.asSlice(offset, bytes);
  }

  /** The error number; 0 without one. */
  private static int advise(MemorySegment pages, int advice) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment state = call.allocate(CALL_STATE);
      int status = (int) MADVISE.invokeExact(state, pages, pages.byteSize(), advice);
      return status == 0 ? 0 : errno(state);
    } catch (Throwable failure) {
      throw rethrown(failure);
    }
  }

  /** Gives everything back. */
  @Override
  public void close() {
    long start = segment.address();
    long bytes = segment.byteSize();
    arena.close();
    unmap(start, bytes);
  }

  /** Takes a range away with the pages on its sides. */
  private static void unmap(long start, long bytes) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment state = call.allocate(CALL_STATE);
      MemorySegment guarded = MemorySegment.ofAddress(start - PAGE_BYTES);
      int status = (int) MUNMAP.invokeExact(state, guarded, bytes + 2 * PAGE_BYTES);
      if (status != 0) {
        throw new IllegalStateException("cannot unmap memory: errno " + errno(state));
      }
    } catch (Throwable failure) {
      throw rethrown(failure);
    }
  }

  /**
   * The {@code bytes} at an address that came from a segment, for code that is handed bare
   * addresses.
   */
  @SuppressWarnings("restricted") // The one place that turns an address into memory.
  public static MemorySegment view(long address, long bytes) {
    return MemorySegment.ofAddress(address).reinterpret(bytes);
  }

  @SuppressWarnings("restricted") // Its memory was mapped just now and lives as long as the arena.
  private static MemorySegment view(long address, long bytes, Arena arena) {
    return MemorySegment.ofAddress(address).reinterpret(bytes, arena, null);
  }

  @SuppressWarnings("restricted") // This package is the door to native code.
  private static MethodHandle function(String name, FunctionDescriptor type) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type, ERRNO);
  }

  private static int errno(MemorySegment state) {
    return (int) ERRNO_VALUE.get(state, 0L);
  }

  private static RuntimeException rethrown(Throwable failure) {
    switch (failure) {
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(failure);
    }
  }
}
