package io.slinfer.engine.cpu;

import io.slinfer.ffi.AttentionLibrary;
import io.slinfer.ffi.InstructionSet;
import io.slinfer.ffi.KernelPool;
import io.slinfer.ffi.MatmulLibrary;
import io.slinfer.ffi.RowsLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Locale;

/**
 * The kernels in C++, on a pool of native threads.
 *
 * <p>Thread: created by any thread, then confined to the first that computes with it, until close.
 */
public final class NativeKernels implements CpuKernels {

  /** What a pool takes, as {@code slinfer_pool_create} checks. */
  public static final int MOST_THREADS = 1_024;

  private final Arena arena = Arena.ofShared();
  private final KernelPool pool;
  private final MatmulLibrary matmul;
  private final AttentionLibrary attention;
  private final RowsLibrary rowsLibrary;

  /**
   * Kernels of the given instruction set.
   *
   * @param threads threads that share the work, the calling one included
   * @throws UnsupportedOperationException if this machine lacks the instruction set
   */
  public NativeKernels(int threads, InstructionSet instructionSet) {
    pool = KernelPool.create(threads, instructionSet);
    matmul = new MatmulLibrary(pool, arena);
    attention = new AttentionLibrary(pool, arena);
    rowsLibrary = new RowsLibrary(pool, arena);
  }

  /** Kernels of the best instruction set that CPU and operating system support. */
  public NativeKernels(int threads) {
    this(threads, InstructionSet.best());
  }

  @Override
  public String description() {
    return "native "
        + pool.instructionSet().name().toLowerCase(Locale.ROOT)
        + ", "
        + pool.threads()
        + (pool.threads() == 1 ? " thread" : " threads");
  }

  @Override
  public void beginStep() {
    pool.beginStep();
  }

  @Override
  public void endStep() {
    pool.endStep();
  }

  @Override
  public void embed(
      WeightMatrix table, MemorySegment tokens, int count, float scale, MemorySegment out) {
    matmul.embed(product(table, out), table.columns(), tokens, count, scale);
  }

  @Override
  public void rmsNorm(
      MemorySegment x,
      MemorySegment weight,
      float epsilon,
      int rows,
      int columns,
      MemorySegment out) {
    rowsLibrary.rmsNorm(x, weight, epsilon, new RowsLibrary.Size(rows, columns), out);
  }

  @Override
  public void layerNorm(
      MemorySegment x,
      MemorySegment weight,
      MemorySegment bias,
      float epsilon,
      int rows,
      int columns,
      MemorySegment out) {
    RowsLibrary.Affine affine = new RowsLibrary.Affine(weight, bias);
    rowsLibrary.layerNorm(x, affine, epsilon, new RowsLibrary.Size(rows, columns), out);
  }

  @Override
  public void matmul(MemorySegment x, int rows, WeightMatrix[] weights, MemorySegment[] outs) {
    int columns = weights[0].columns();
    for (int i = 0; i < weights.length; i++) {
      if (weights[i].columns() != columns) {
        throw new IllegalArgumentException(
            "matrix " + i + " has " + weights[i].columns() + " columns, not " + columns);
      }
      matmul.set(i, product(weights[i], outs[i]), rows);
    }
    matmul.multiply(x, rows, columns, weights.length);
  }

  private static MatmulLibrary.Product product(WeightMatrix weights, MemorySegment out) {
    return new MatmulLibrary.Product(
        weights.type().code(), weights.rows(), weights.rowBytes(), weights.data(), out);
  }

  @Override
  public void addBias(MemorySegment x, MemorySegment bias, int rows, int columns) {
    rowsLibrary.addBias(x, bias, new RowsLibrary.Size(rows, columns));
  }

  @Override
  public void rope(
      MemorySegment x,
      MemorySegment table,
      int rows,
      int heads,
      int headSize,
      int rotary,
      boolean interleaved) {
    rowsLibrary.rope(
        x, table, new RowsLibrary.RopeShape(rows, heads, headSize, rotary, interleaved));
  }

  @Override
  public void storeKv(KvShape shape, int layer, KvBatch batch, MemorySegment k, MemorySegment v) {
    attention.storeKv(of(shape, layer), of(batch), k, v);
  }

  @Override
  public void attention(
      KvShape shape,
      int layer,
      KvBatch batch,
      MemorySegment q,
      int queryHeads,
      float scale,
      float softcap,
      int window,
      MemorySegment sinks,
      MemorySegment out) {
    AttentionLibrary.Options options =
        new AttentionLibrary.Options(queryHeads, scale, softcap, window, sinks);
    attention.attend(of(shape, layer), of(batch), options, q, out);
  }

  private static AttentionLibrary.Shape of(KvShape shape, int layer) {
    return new AttentionLibrary.Shape(shape.layers(), shape.kvHeads(), shape.headSize(), layer);
  }

  private static AttentionLibrary.Batch of(KvBatch batch) {
    return new AttentionLibrary.Batch(
        batch.sequences(),
        batch.firstRow(),
        batch.startPosition(),
        batch.firstBlock(),
        batch.blockAddresses());
  }

  @Override
  public void gate(
      Activation activation, MemorySegment gate, MemorySegment up, long count, MemorySegment out) {
    int code =
        switch (activation) {
          case SILU -> 0;
          case GELU_TANH -> 1;
          case SWIGLU_OAI -> 2;
        };
    rowsLibrary.gate(code, gate, up, count, out);
  }

  @Override
  public void addScaled(MemorySegment x, MemorySegment y, float scale, long count) {
    rowsLibrary.addScaled(x, y, scale, count);
  }

  @Override
  public void gatherRows(
      MemorySegment x, MemorySegment index, int count, int columns, MemorySegment out) {
    rowsLibrary.gatherRows(x, index, new RowsLibrary.Size(count, columns), out);
  }

  @Override
  public void scatterAddRows(
      MemorySegment x,
      MemorySegment index,
      MemorySegment weight,
      int count,
      int columns,
      MemorySegment out) {
    RowsLibrary.Targets targets = new RowsLibrary.Targets(index, weight);
    rowsLibrary.scatterAddRows(x, targets, new RowsLibrary.Size(count, columns), out);
  }

  /** Ends the pool's threads. */
  @Override
  public void close() {
    pool.close();
    arena.close();
  }
}
