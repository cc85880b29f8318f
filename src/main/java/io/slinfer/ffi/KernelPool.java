package io.slinfer.ffi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Binding to pool.h: a pool of native threads with the kernels of one instruction set.
 *
 * <p>Thread: one at a time owns the pool and makes all calls; it takes part in the work.
 */
public final class KernelPool implements AutoCloseable {

  private static final MethodHandle BEST = NativeLibrary.function("slinfer_best_isa");
  private static final MethodHandle HAS = NativeLibrary.function("slinfer_has_isa", JAVA_INT);
  private static final MethodHandle CREATE =
      NativeLibrary.function("slinfer_pool_create", JAVA_INT, JAVA_INT, ADDRESS);
  private static final MethodHandle DESTROY =
      NativeLibrary.function("slinfer_pool_destroy", ADDRESS);
  private static final MethodHandle BEGIN_STEP =
      NativeLibrary.function("slinfer_pool_begin_step", ADDRESS);
  private static final MethodHandle END_STEP =
      NativeLibrary.function("slinfer_pool_end_step", ADDRESS);
  private static final int UNSUPPORTED_ISA = 4;

  private final int threads;
  private final InstructionSet instructionSet;
  private MemorySegment handle;

  private KernelPool(int threads, InstructionSet instructionSet, MemorySegment handle) {
    this.threads = threads;
    this.instructionSet = instructionSet;
    this.handle = handle;
  }

  /**
   * Starts a pool.
   *
   * @param threads how many, the caller included; 1 to 1024
   * @throws UnsupportedOperationException if this machine lacks the instruction set
   */
  public static KernelPool create(int threads, InstructionSet instructionSet) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment address = arena.allocate(ADDRESS);
      int status = (int) CREATE.invokeExact(threads, instructionSet.code(), address);
      if (status == UNSUPPORTED_ISA) {
        throw new UnsupportedOperationException("this machine has no " + instructionSet);
      }
      NativeLibrary.check(status, "slinfer_pool_create");
      return new KernelPool(threads, instructionSet, address.get(ADDRESS, 0));
    } catch (Throwable thrown) {
      throw NativeLibrary.rethrow(thrown);
    }
  }

  static InstructionSet bestInstructionSet() {
    try {
      return InstructionSet.ofCode((int) BEST.invokeExact());
    } catch (Throwable thrown) {
      throw NativeLibrary.rethrow(thrown);
    }
  }

  static boolean has(InstructionSet set) {
    try {
      return (int) HAS.invokeExact(set.code()) == 1;
    } catch (Throwable thrown) {
      throw NativeLibrary.rethrow(thrown);
    }
  }

  public int threads() {
    return threads;
  }

  public InstructionSet instructionSet() {
    return instructionSet;
  }

  /** From now on idle threads wait awake for a short while. */
  public void beginStep() {
    try {
      NativeLibrary.check((int) BEGIN_STEP.invokeExact(handle()), "slinfer_pool_begin_step");
    } catch (Throwable thrown) {
      throw NativeLibrary.rethrow(thrown);
    }
  }

  /** From now on idle threads sleep at once. */
  public void endStep() {
    try {
      NativeLibrary.check((int) END_STEP.invokeExact(handle()), "slinfer_pool_end_step");
    } catch (Throwable thrown) {
      throw NativeLibrary.rethrow(thrown);
    }
  }

  /** Ends the threads; a second call does nothing. */
  @Override
  public void close() {
    if (handle == null) {
      return;
    }
    try {
      NativeLibrary.check((int) DESTROY.invokeExact(handle), "slinfer_pool_destroy");
    } catch (Throwable thrown) {
      throw NativeLibrary.rethrow(thrown);
    }
    handle = null;
  }

  MemorySegment handle() {
    if (handle == null) {
      throw new IllegalStateException("the kernel pool is closed");
    }
    return handle;
  }
}
