package io.slinfer.ffi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Binding to attention.h: the paged cache of keys and values and attention over it.
 *
 * <p>Thread: the pool's owner.
 */
public final class AttentionLibrary {

  private static final MethodHandle STORE_KV =
      NativeLibrary.function("slinfer_store_kv", ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS);
  private static final MethodHandle ATTENTION =
      NativeLibrary.function(
          "slinfer_attention", ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS);

  private final KernelPool pool;
  private final MemorySegment shapeArgument;
  private final MemorySegment batchArgument;
  private final MemorySegment optionsArgument;

  /**
   * @param arena owns the memory in which arguments travel; confined to the pool's owner
   */
  public AttentionLibrary(KernelPool pool, Arena arena) {
    this.pool = pool;
    this.shapeArgument = arena.allocate(16, Long.BYTES);
    this.batchArgument = arena.allocate(40, Long.BYTES);
    this.optionsArgument = arena.allocate(24, Long.BYTES);
  }

  /** slinfer_kv_shape: a layer of a model. */
  public record Shape(int layers, int kvHeads, int headSize, int layer) {}

  /** slinfer_kv_batch: the sequences of a step. */
  public record Batch(
      int sequences,
      MemorySegment firstRow,
      MemorySegment startPosition,
      MemorySegment firstBlock,
      MemorySegment blockAddresses) {

    int rows() {
      return firstRow.getAtIndex(JAVA_INT, sequences);
    }
  }

  /** slinfer_attention_options; {@code sinks} may be NULL. */
  public record Options(
      int queryHeads, float scale, float softcap, int window, MemorySegment sinks) {}

  /** Writes the rows' keys and values, each rows x kvHeads x headSize float32, into the blocks. */
  public void storeKv(Shape shape, Batch batch, MemorySegment k, MemorySegment v) {
    set(shape, batch);
    long numbers = (long) batch.rows() * shape.kvHeads * shape.headSize;
    Segments.requireFloats(k, numbers, "k");
    Segments.requireFloats(v, numbers, "v");
    try {
      int status = (int) STORE_KV.invokeExact(pool.handle(), shapeArgument, batchArgument, k, v);
      NativeLibrary.check(status, "slinfer_store_kv");
    } catch (Throwable thrown) {
      throw NativeLibrary.rethrow(thrown);
    }
  }

  /** Attention of the rows' queries {@code q}, rows x queryHeads x headSize float32. */
  public void attend(
      Shape shape, Batch batch, Options options, MemorySegment q, MemorySegment out) {
    set(shape, batch);
    set(options);
    long numbers = (long) batch.rows() * options.queryHeads * shape.headSize;
    Segments.requireFloats(q, numbers, "q");
    Segments.requireFloats(out, numbers, "out");
    try {
      int status =
          (int)
              ATTENTION.invokeExact(
                  pool.handle(), shapeArgument, batchArgument, optionsArgument, q, out);
      NativeLibrary.check(status, "slinfer_attention");
    } catch (Throwable thrown) {
      throw NativeLibrary.rethrow(thrown);
    }
  }

  private void set(Shape shape, Batch batch) {
    shapeArgument.set(JAVA_INT, 0, shape.layers);
    shapeArgument.set(JAVA_INT, 4, shape.kvHeads);
    shapeArgument.set(JAVA_INT, 8, shape.headSize);
    shapeArgument.set(JAVA_INT, 12, shape.layer);
    long tableBytes = (batch.sequences + 1L) * Integer.BYTES;
    Segments.require(batch.firstRow, tableBytes, "firstRow");
    Segments.require(batch.startPosition, tableBytes - Integer.BYTES, "startPosition");
    Segments.require(batch.firstBlock, tableBytes, "firstBlock");
    int blocks = batch.firstBlock.getAtIndex(JAVA_INT, batch.sequences);
    Segments.require(batch.blockAddresses, (long) blocks * Long.BYTES, "blockAddresses");
    batchArgument.set(JAVA_LONG, 0, batch.firstRow.address());
    batchArgument.set(JAVA_LONG, 8, batch.startPosition.address());
    batchArgument.set(JAVA_LONG, 16, batch.firstBlock.address());
    batchArgument.set(JAVA_LONG, 24, batch.blockAddresses.address());
    batchArgument.set(JAVA_INT, 32, batch.sequences);
  }

  private void set(Options options) {
    Segments.requireFloatsOrNull(options.sinks, options.queryHeads, "sinks");
    optionsArgument.set(JAVA_LONG, 0, options.sinks.address());
    optionsArgument.set(JAVA_INT, 8, options.queryHeads);
    optionsArgument.set(JAVA_INT, 12, options.window);
    optionsArgument.set(JAVA_FLOAT, 16, options.scale);
    optionsArgument.set(JAVA_FLOAT, 20, options.softcap);
  }
}
