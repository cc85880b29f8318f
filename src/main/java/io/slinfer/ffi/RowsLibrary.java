package io.slinfer.ffi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Binding to rows.h: operations on dense rows of float32 numbers.
 *
 * <p>Thread: the pool's owner.
 */
public final class RowsLibrary {

  private static final MethodHandle RMS_NORM =
      NativeLibrary.function(
          "slinfer_rms_norm", ADDRESS, ADDRESS, ADDRESS, JAVA_FLOAT, JAVA_INT, JAVA_INT, ADDRESS);
  private static final MethodHandle LAYER_NORM =
      NativeLibrary.function(
          "slinfer_layer_norm",
          ADDRESS,
          ADDRESS,
          ADDRESS,
          ADDRESS,
          JAVA_FLOAT,
          JAVA_INT,
          JAVA_INT,
          ADDRESS);
  private static final MethodHandle ADD_BIAS =
      NativeLibrary.function("slinfer_add_bias", ADDRESS, ADDRESS, ADDRESS, JAVA_INT, JAVA_INT);
  private static final MethodHandle ROPE =
      NativeLibrary.function("slinfer_rope", ADDRESS, ADDRESS, ADDRESS, ADDRESS);
  private static final MethodHandle GATE =
      NativeLibrary.function(
          "slinfer_gate", ADDRESS, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS);
  private static final MethodHandle ADD_SCALED =
      NativeLibrary.function(
          "slinfer_add_scaled", ADDRESS, ADDRESS, ADDRESS, JAVA_FLOAT, JAVA_LONG);
  private static final MethodHandle GATHER_ROWS =
      NativeLibrary.function(
          "slinfer_gather_rows", ADDRESS, ADDRESS, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS);
  private static final MethodHandle SCATTER_ADD_ROWS =
      NativeLibrary.function(
          "slinfer_scatter_add_rows",
          ADDRESS,
          ADDRESS,
          ADDRESS,
          ADDRESS,
          JAVA_INT,
          JAVA_INT,
          ADDRESS);

  private final KernelPool pool;
  private final MemorySegment ropeShape;

  /**
   * @param arena owns the memory in which arguments travel; confined to the pool's owner
   */
  public RowsLibrary(KernelPool pool, Arena arena) {
    this.pool = pool;
    this.ropeShape = arena.allocate(20, Integer.BYTES);
  }

  /** How many rows of how many numbers. */
  public record Size(int rows, int columns) {
    long numbers() {
      return (long) rows * columns;
    }
  }

  /** slinfer_rope_shape. */
  public record RopeShape(int rows, int heads, int headSize, int rotary, boolean interleaved) {}

  /** out = x / rms(x) x weight, by row. */
  public void rmsNorm(
      MemorySegment x, MemorySegment weight, float epsilon, Size size, MemorySegment out) {
    Segments.requireFloats(x, size.numbers(), "x");
    Segments.requireFloats(weight, size.columns, "weight");
    Segments.requireFloats(out, size.numbers(), "out");
    try {
      int status =
          (int)
              RMS_NORM.invokeExact(pool.handle(), x, weight, epsilon, size.rows, size.columns, out);
      NativeLibrary.check(status, "slinfer_rms_norm");
    } catch (Throwable thrown) {
      throw NativeLibrary.rethrow(thrown);
    }
  }

  /** The weight and bias of a layer norm; {@code bias} may be NULL. */
  public record Affine(MemorySegment weight, MemorySegment bias) {}

  /** out = (x - mean) / sqrt(variance + epsilon) x weight + bias, by row. */
  public void layerNorm(
      MemorySegment x, Affine affine, float epsilon, Size size, MemorySegment out) {
    Segments.requireFloats(x, size.numbers(), "x");
    Segments.requireFloats(affine.weight, size.columns, "weight");
    Segments.requireFloatsOrNull(affine.bias, size.columns, "bias");
    Segments.requireFloats(out, size.numbers(), "out");
    try {
      int status =
          (int)
              LAYER_NORM.invokeExact(
                  pool.handle(),
                  x,
                  affine.weight,
                  affine.bias,
                  epsilon,
                  size.rows,
                  size.columns,
                  out);
      NativeLibrary.check(status, "slinfer_layer_norm");
    } catch (Throwable thrown) {
      throw NativeLibrary.rethrow(thrown);
    }
  }

  /** x[r] += bias. */
  public void addBias(MemorySegment x, MemorySegment bias, Size size) {
    Segments.requireFloats(x, size.numbers(), "x");
    Segments.requireFloats(bias, size.columns, "bias");
    try {
      int status = (int) ADD_BIAS.invokeExact(pool.handle(), x, bias, size.rows, size.columns);
      NativeLibrary.check(status, "slinfer_add_bias");
    } catch (Throwable thrown) {
      throw NativeLibrary.rethrow(thrown);
    }
  }

  /** Rotates each head by its row's cosines and sines. */
  public void rope(MemorySegment x, MemorySegment table, RopeShape shape) {
    Segments.requireFloats(x, (long) shape.rows * shape.heads * shape.headSize, "x");
    Segments.requireFloats(table, (long) shape.rows * shape.rotary, "table");
    ropeShape.set(JAVA_INT, 0, shape.rows);
    ropeShape.set(JAVA_INT, 4, shape.heads);
    ropeShape.set(JAVA_INT, 8, shape.headSize);
    ropeShape.set(JAVA_INT, 12, shape.rotary);
    ropeShape.set(JAVA_INT, 16, shape.interleaved ? 1 : 0);
    try {
      int status = (int) ROPE.invokeExact(pool.handle(), x, table, ropeShape);
      NativeLibrary.check(status, "slinfer_rope");
    } catch (Throwable thrown) {
      throw NativeLibrary.rethrow(thrown);
    }
  }

  /**
   * out[i] = activation(gate[i]) x up[i].
   *
   * @param activation slinfer_activation
   * @param up may be NULL for no product
   */
  public void gate(
      int activation, MemorySegment gate, MemorySegment up, long count, MemorySegment out) {
    Segments.requireFloats(gate, count, "gate");
    Segments.requireFloatsOrNull(up, count, "up");
    Segments.requireFloats(out, count, "out");
    try {
      int status = (int) GATE.invokeExact(pool.handle(), activation, gate, up, count, out);
      NativeLibrary.check(status, "slinfer_gate");
    } catch (Throwable thrown) {
      throw NativeLibrary.rethrow(thrown);
    }
  }

  /** x[i] += scale x y[i]. */
  public void addScaled(MemorySegment x, MemorySegment y, float scale, long count) {
    Segments.requireFloats(x, count, "x");
    Segments.requireFloats(y, count, "y");
    try {
      int status = (int) ADD_SCALED.invokeExact(pool.handle(), x, y, scale, count);
      NativeLibrary.check(status, "slinfer_add_scaled");
    } catch (Throwable thrown) {
      throw NativeLibrary.rethrow(thrown);
    }
  }

  /**
   * out[i] = x[index[i]] for as many rows as {@code size} says.
   *
   * @param index int32, each below the rows of {@code x}
   */
  public void gatherRows(MemorySegment x, MemorySegment index, Size size, MemorySegment out) {
    requireIndex(index, size, x);
    Segments.requireFloats(out, size.numbers(), "out");
    try {
      int status =
          (int) GATHER_ROWS.invokeExact(pool.handle(), x, index, size.rows, size.columns, out);
      NativeLibrary.check(status, "slinfer_gather_rows");
    } catch (Throwable thrown) {
      throw NativeLibrary.rethrow(thrown);
    }
  }

  /** Where rows go, and what each is multiplied with: int32 and float32. */
  public record Targets(MemorySegment index, MemorySegment weight) {}

  /** out[index[i]] += weight[i] x x[i], in order of i. */
  public void scatterAddRows(MemorySegment x, Targets targets, Size size, MemorySegment out) {
    requireIndex(targets.index, size, out);
    Segments.requireFloats(targets.weight, size.rows, "weight");
    Segments.requireFloats(x, size.numbers(), "x");
    try {
      int status =
          (int)
              SCATTER_ADD_ROWS.invokeExact(
                  pool.handle(), x, targets.index, targets.weight, size.rows, size.columns, out);
      NativeLibrary.check(status, "slinfer_scatter_add_rows");
    } catch (Throwable thrown) {
      throw NativeLibrary.rethrow(thrown);
    }
  }

  private static void requireIndex(MemorySegment index, Size size, MemorySegment indexed) {
    Segments.require(index, (long) size.rows * Integer.BYTES, "index");
    long rows = indexed.byteSize() / ((long) size.columns * Float.BYTES);
    for (int i = 0; i < size.rows; i++) {
      int row = index.getAtIndex(JAVA_INT, i);
      if (row < 0 || row >= rows) {
        throw new IndexOutOfBoundsException("index " + i + " is " + row + " of " + rows + " rows");
      }
    }
  }
}
