package io.slinfer.ffi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Binding to matmul.h: products with weight matrices, rows of a weight matrix.
 *
 * <p>Thread: the pool's owner.
 */
public final class MatmulLibrary {

  private static final MethodHandle MATMUL =
      NativeLibrary.function(
          "slinfer_matmul", ADDRESS, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle EMBED =
      NativeLibrary.function(
          "slinfer_embed", ADDRESS, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT, JAVA_FLOAT, ADDRESS);

  /** Bytes of slinfer_weights: data, out, type, rows. */
  private static final int WEIGHTS_BYTES = 24;

  private final KernelPool pool;
  private final Arena arena;
  private MemorySegment weights;

  /**
   * @param arena owns the memory in which arguments travel; confined to the pool's owner
   */
  public MatmulLibrary(KernelPool pool, Arena arena) {
    this.pool = pool;
    this.arena = arena;
    this.weights = arena.allocate(8 * WEIGHTS_BYTES, Long.BYTES);
  }

  /**
   * A weight matrix and where its product goes.
   *
   * @param typeCode the GGUF tensor type
   * @param rowBytes bytes of one row of {@code data}
   * @param out rows of x times {@code rows} float32
   */
  public record Product(
      int typeCode, int rows, long rowBytes, MemorySegment data, MemorySegment out) {}

  /** Adds a product to the next call of {@link #multiply}, as number {@code index}. */
  public void set(int index, Product product, int rowsOfX) {
    Segments.require(product.data, product.rows * product.rowBytes, "weights");
    Segments.requireFloats(product.out, (long) rowsOfX * product.rows, "out");
    long at = (long) index * WEIGHTS_BYTES;
    if (at == weights.byteSize()) {
      MemorySegment larger = arena.allocate(2 * weights.byteSize(), Long.BYTES);
      larger.copyFrom(weights);
      weights = larger;
    }
    weights.set(JAVA_LONG, at, product.data.address());
    weights.set(JAVA_LONG, at + 8, product.out.address());
    weights.set(JAVA_INT, at + 16, product.typeCode);
    weights.set(JAVA_INT, at + 20, product.rows);
  }

  /** Multiplies {@code x} (rows x columns float32) with the first {@code count} matrices set. */
  public void multiply(MemorySegment x, int rows, int columns, int count) {
    Segments.requireFloats(x, (long) rows * columns, "x");
    try {
      int status = (int) MATMUL.invokeExact(pool.handle(), x, rows, columns, weights, count);
      NativeLibrary.check(status, "slinfer_matmul");
    } catch (Throwable thrown) {
      throw NativeLibrary.rethrow(thrown);
    }
  }

  /**
   * Writes scale x row tokens[t] of {@code table} for each t.
   *
   * @param table the matrix; its {@code out} takes count x columns float32
   * @param tokens int32
   */
  public void embed(Product table, int columns, MemorySegment tokens, int count, float scale) {
    Segments.require(tokens, (long) count * Integer.BYTES, "tokens");
    Segments.requireFloats(table.out, (long) count * columns, "out");
    set(0, table, 0);
    try {
      int status =
          (int) EMBED.invokeExact(pool.handle(), weights, columns, tokens, count, scale, table.out);
      NativeLibrary.check(status, "slinfer_embed");
    } catch (Throwable thrown) {
      throw NativeLibrary.rethrow(thrown);
    }
  }
}
