package io.slinfer.engine.cpu;

import java.lang.foreign.MemorySegment;

/**
 * The arithmetic of a forward pass on a CPU, one method for each operation. Two implementations:
 * {@code NativeKernels} over {@code ffi}, and {@code ReferenceKernels} in plain Java, the oracle.
 *
 * <p>Shapes: activations are float32, row-major, one row for each token of the step's batch, rows
 * densely packed unless said otherwise. Segments are off-heap, 64-byte aligned except mapped
 * weights (aligned as the file has them). {@code out} may be the input where stated.
 *
 * <p>Thread: confined to the engine's thread, which takes part in the work of the kernels' own
 * pool; a method returns when its work is done. Between {@link #beginStep} and {@link #endStep}
 * pool threads may spin while they wait; outside they sleep.
 */
public interface CpuKernels extends AutoCloseable {

  /** One line: which kernels, which instruction set, how many threads. */
  String description();

  /** A step begins: keep the pool awake. */
  void beginStep();

  /** The step has ended: let the pool sleep. */
  void endStep();

  /** out[t] = scale x table[tokens[t]], dequantised; {@code tokens} are int32. */
  void embed(WeightMatrix table, MemorySegment tokens, int count, float scale, MemorySegment out);

  /** out = x / rms(x) x weight, by row; {@code out} may be {@code x}. */
  void rmsNorm(
      MemorySegment x,
      MemorySegment weight,
      float epsilon,
      int rows,
      int columns,
      MemorySegment out);

  /**
   * out = (x - mean) / sqrt(variance + epsilon) x weight + bias, by row; {@code out} may be {@code
   * x}.
   */
  void layerNorm(
      MemorySegment x,
      MemorySegment weight,
      MemorySegment bias,
      float epsilon,
      int rows,
      int columns,
      MemorySegment out);

  /**
   * outs[i] = x times the transpose of weights[i], for all i in one parallel region: {@code x} is
   * rows x columns, outs[i] is rows x weights[i].rows. All weights have {@code x}'s columns; their
   * types may differ. {@code x} is quantised at most once for each activation format needed. No
   * bias.
   */
  void matmul(MemorySegment x, int rows, WeightMatrix[] weights, MemorySegment[] outs);

  /** x[r] += bias, by row. */
  void addBias(MemorySegment x, MemorySegment bias, int rows, int columns);

  /**
   * Rotates the first {@code rotary} numbers of each head in place. {@code table} has for each row
   * rotary/2 cosines, then rotary/2 sines. {@code interleaved}: pairs are (2i, 2i+1); else (i, i +
   * rotary/2).
   */
  void rope(
      MemorySegment x,
      MemorySegment table,
      int rows,
      int heads,
      int headSize,
      int rotary,
      boolean interleaved);

  /**
   * Writes the rows' keys and values of one layer into the cache, as float16.
   *
   * @param k rows x kvHeads x headSize
   * @param v rows x kvHeads x headSize
   */
  void storeKv(KvShape shape, int layer, KvBatch batch, MemorySegment k, MemorySegment v);

  /**
   * Causal attention of one layer over the cache, which already holds the rows' own keys and
   * values. A row at position p sees keys at positions q with q &lt;= p and (window == 0 or p - q
   * &lt; window). Queries are grouped: query head h reads key head h / (queryHeads / kvHeads).
   *
   * @param q rows x queryHeads x headSize
   * @param sinks one extra logit for each query head that takes part in the softmax and adds
   *     nothing; NULL if none
   * @param softcap scores become softcap x tanh(score / softcap); 0 means none
   * @param out rows x queryHeads x headSize
   */
  void attention(
      KvShape shape,
      int layer,
      KvBatch batch,
      MemorySegment q,
      int queryHeads,
      float scale,
      float softcap,
      int window,
      MemorySegment sinks,
      MemorySegment out);

  /**
   * out[i] = activation(gate[i]) x up[i] for {@code count} numbers; {@code up} NULL means no
   * product; {@code out} may be {@code gate}.
   */
  void gate(
      Activation activation, MemorySegment gate, MemorySegment up, long count, MemorySegment out);

  /** x[i] += scale x y[i] for {@code count} numbers. */
  void addScaled(MemorySegment x, MemorySegment y, float scale, long count);

  /** out[i] = x[index[i]], whole rows; {@code index} is int32. */
  void gatherRows(MemorySegment x, MemorySegment index, int count, int columns, MemorySegment out);

  /** out[index[i]] += weight[i] x x[i], whole rows, in order of i; {@code index} is int32. */
  void scatterAddRows(
      MemorySegment x,
      MemorySegment index,
      MemorySegment weight,
      int count,
      int columns,
      MemorySegment out);

  @Override
  void close();

  /** The nonlinearity of a feed-forward layer. */
  enum Activation {
    /** x times sigmoid(x). */
    SILU,
    /** GELU by the tanh formula. */
    GELU_TANH,
    /**
     * gpt-oss: gate' = min(gate, 7), up' = clamp(up, -7, 7); gate' sigmoid(1.702 gate') (up' + 1).
     */
    SWIGLU_OAI
  }

  /**
   * How keys and values of one instance lie in a KV block of 16 tokens of all layers, as float16.
   * Layer l starts at l x layerBytes: first the keys as [kvHead][headSize][token], then the values
   * as [kvHead][token][headSize]. So 16 neighbouring numbers are the keys of 16 tokens at one
   * dimension (scores of 16 tokens need no horizontal sum), or a stretch of one value row.
   */
  record KvShape(int layers, int kvHeads, int headSize) {

    /** Tokens in a block. */
    public static final int TOKENS = 16;

    /** Bytes of one layer in a block. */
    public long layerBytes() {
      return 2L * TOKENS * kvHeads * headSize * Short.BYTES;
    }

    /** Bytes of a block. */
    public long blockBytes() {
      return layers * layerBytes();
    }

    /** Where in a block the key of one head and token has its number {@code dimension}. */
    public long keyOffset(int layer, int kvHead, int token, int dimension) {
      return layer * layerBytes()
          + Short.BYTES * (((long) kvHead * headSize + dimension) * TOKENS + token);
    }

    /** Where in a block the value of one head and token starts. */
    public long valueOffset(int layer, int kvHead, int token) {
      return layer * layerBytes()
          + layerBytes() / 2
          + Short.BYTES * ((long) kvHead * TOKENS + token) * headSize;
    }
  }

  /**
   * The sequences of a step. Sequence s has rows firstRow[s] to firstRow[s+1] - 1 of the batch; its
   * first row is at position startPosition[s]; block b of its table lies at address
   * blockAddresses[firstBlock[s] + b].
   *
   * @param sequences how many
   * @param firstRow int32, sequences + 1 numbers
   * @param startPosition int32
   * @param firstBlock int32, sequences + 1 numbers
   * @param blockAddresses int64, absolute addresses of blocks
   */
  record KvBatch(
      int sequences,
      MemorySegment firstRow,
      MemorySegment startPosition,
      MemorySegment firstBlock,
      MemorySegment blockAddresses) {}
}
