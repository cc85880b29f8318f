package io.slinfer.engine.gpu;

import io.slinfer.engine.gpu.GpuDriver.Grid;
import io.slinfer.model.gguf.TensorType;
import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The kernels of src/main/native/cuda, one method for each operation: works out the launch, writes
 * the arguments, launches. Shapes are those of the CUDA files' headers. Confined to the step
 * thread.
 */
final class GpuKernels {

  /** Rows of an input up to which weights are streamed; more of them are tiled. */
  static final int FEW_ROWS = 32;

  private static final int FEW_MATRIX_ROWS = 16;
  private static final int FEW_WARPS = 8;
  private static final int FEW_STAGES = 3;
  private static final int TILE = 128;
  private static final int TILE_SHARED_BYTES = 4 * TILE * (64 + 8) * Short.BYTES;
  private static final int SCRATCH_BYTES = 256;
  private static final int ROW_THREADS = 256;
  private static final int MOST_MATRICES = 3;

  private final GpuDriver driver;
  private final Arguments arguments;
  private final Map<String, Long> handles = new HashMap<>();

  /** Rows of inputs that experts take. */
  record Slots(long expertFirst, long rowOfSlot, int experts, int rows, int perRow) {}

  GpuKernels(GpuDriver driver, Arena arena) {
    this.driver = driver;
    this.arguments = new Arguments(arena);
  }

  GpuDriver driver() {
    return driver;
  }

  private void launch(String name, Grid grid, int threads, int sharedBytes) {
    Long handle = handles.get(name);
    if (handle == null) {
      handle = driver.kernel(name, sharedBytes);
      handles.put(name, handle);
    }
    driver.launch(handle, grid, threads, sharedBytes, arguments.end());
  }

  void embed(GpuMatrix table, long tokens, int rows, float scale, long out) {
    arguments
        .begin()
        .wide(table.address(), tokens, out, rowBytes(table))
        .whole(table.columns())
        .real(scale);
    launch("embed_" + table.type(), new Grid(rows), ROW_THREADS, 0);
  }

  /** Norm by row; see NormArgs. Addresses may be 0. */
  void normalize(
      Norm norm, long x, int rows, long out, Rows16 out16, long stream, float streamFactor) {
    arguments
        .begin()
        .wide(x, norm.weight(), norm.bias(), out)
        .wide(out16 == null ? 0 : out16.address(), out16 == null ? 0 : out16.scale(), stream)
        .whole(norm.width(), norm.centered() ? 1 : 0)
        .real(norm.epsilon(), streamFactor);
    launch("normalize", new Grid(rows), ROW_THREADS, SCRATCH_BYTES);
  }

  /**
   * A norm's vectors.
   *
   * @param weight 0: rows go through as they are
   */
  record Norm(long weight, long bias, int width, boolean centered, float epsilon) {}

  /**
   * outs[i] = x times the transpose of matrices[i], with bias.
   *
   * @param streamFactor other than 0: added to outs[i] with this factor
   * @param slots null without experts; else x has the rows that rowOfSlot names, outs one row a
   *     slot
   */
  void matmul(
      Rows16 x, int rows, List<GpuMatrix> matrices, long[] outs, float streamFactor, Slots slots) {
    int first = 0;
    while (first < matrices.size()) {
      int end = first + 1;
      while (end < matrices.size()
          && end - first < MOST_MATRICES
          && matrices.get(end).type() == matrices.get(first).type()) {
        end++;
      }
      matmulOfOneType(x, rows, matrices, outs, first, end, streamFactor, slots);
      first = end;
    }
  }

  private void matmulOfOneType(
      Rows16 x,
      int rows,
      List<GpuMatrix> matrices,
      long[] outs,
      int first,
      int end,
      float streamFactor,
      Slots slots) {
    boolean few = rows <= FEW_ROWS;
    int grain = few ? FEW_MATRIX_ROWS : TILE;
    int tiles = 0;
    for (int i = first; i < end; i++) {
      tiles += Math.ceilDiv(matrices.get(i).rows(), grain);
    }
    arguments.begin();
    for (int field = 0; field < 3; field++) {
      for (int i = first; i < first + MOST_MATRICES; i++) {
        GpuMatrix matrix = i < end ? matrices.get(i) : null;
        arguments.wide(
            matrix == null
                ? 0
                : field == 0 ? matrix.address() : field == 1 ? matrix.bias() : outs[i]);
      }
    }
    arguments.wide(
        x.address(),
        x.scale(),
        slots == null ? 0 : slots.expertFirst(),
        slots == null ? 0 : slots.rowOfSlot());
    for (int i = first; i < first + MOST_MATRICES; i++) {
      arguments.wide(i < end ? matrices.get(i).expertBytes() : 0);
    }
    for (int i = first; i < first + MOST_MATRICES; i++) {
      arguments.whole(i < end ? matrices.get(i).rows() : 0);
    }
    arguments.whole(end - first, matrices.get(first).columns(), rows).real(streamFactor).whole(0);
    TensorType type = matrices.get(first).type();
    int experts = slots == null ? 1 : slots.experts();
    if (few) {
      int perExpert = slots == null ? rows : Math.ceilDiv(rows * slots.perRow(), experts);
      launch(
          (perExpert <= 8 ? "matmul_8_" : "matmul_32_") + type,
          new Grid(tiles, experts),
          FEW_WARPS * 32,
          fewSharedBytes(type));
    } else {
      launch(
          "matmul_128_" + type,
          new Grid(tiles, Math.ceilDiv(rows, TILE), experts),
          ROW_THREADS,
          TILE_SHARED_BYTES);
    }
  }

  /** As Stage in matmul_few.cu: whole 16-byte units, one more for rows that start anywhere. */
  static int fewSharedBytes(TensorType type) {
    int stageBytes =
        switch (type) {
          case F32 -> 32 * Float.BYTES;
          case F16, BF16 -> 2 * 32 * Short.BYTES;
          case Q8_0 -> 4 * type.blockBytes();
          default -> 256 / type.blockLength() * type.blockBytes();
        };
    return FEW_WARPS * FEW_STAGES * FEW_MATRIX_ROWS * (Math.ceilDiv(stageBytes, 16) + 1) * 16;
  }

  /** Turns queries and keys, stores keys and values. */
  void rotate(AttentionCall call, long key, long value, RopeTable rope) {
    arguments
        .begin()
        .wide(call.query(), key, value, rope == null ? 0 : rope.frequencies())
        .wide(call.data().position(), call.data().longer(), call.data().firstBlock())
        .wide(call.data().blocks());
    place(call);
    arguments
        .whole(call.layout().blocksPerSlab(), call.heads(), call.kvHeads(), call.headSize())
        .whole(rope == null ? 0 : rope.pairs(), rope != null && rope.interleaved() ? 1 : 0)
        .real(rope == null ? 1 : rope.magnitude())
        .whole(0);
    launch(
        "rotate",
        new Grid(call.data().rows()),
        128,
        call.kvHeads() * call.headSize() * Float.BYTES);
  }

  /**
   * Rotary factors on the device.
   *
   * @param frequencies float64, a set for short sequences, then one for long ones
   */
  record RopeTable(long frequencies, int pairs, boolean interleaved, float magnitude) {}

  /**
   * The attention of one layer.
   *
   * @param base of the KV address space
   * @param layerOffset of the layer in a block
   * @param partial room for what the splits of decodes give
   */
  record AttentionCall(
      StepData data,
      KvLayout layout,
      long base,
      long layerOffset,
      int heads,
      int kvHeads,
      int headSize,
      long query,
      long out,
      long partial) {}

  private void place(AttentionCall call) {
    KvLayout layout = call.layout();
    arguments.wide(call.base(), layout.slabBytes(), layout.blockBytes(), call.layerOffset());
  }

  /** Attention of all rows of the step. */
  void attention(AttentionCall call, float scale, float softcap, int window, long sinks) {
    int room = call.headSize() <= 64 ? 64 : call.headSize() <= 128 ? 128 : 256;
    StepData data = call.data();
    if (data.prefillTileCount() > 0) {
      attentionArguments(call, data.prefillTiles(), 1, scale, softcap, window, sinks);
      launch(
          "attention_prefill_" + room, new Grid(data.prefillTileCount(), call.kvHeads()), 128, 0);
    }
    if (data.decodeTileCount() > 0) {
      int splits = data.splits();
      attentionArguments(call, data.decodeTiles(), splits, scale, softcap, window, sinks);
      launch(
          "attention_decode_" + room,
          new Grid(data.decodeTileCount(), call.kvHeads() * headGroups(call), splits),
          128,
          4 * 16 * (room + 2) * Float.BYTES);
      if (splits > 1) {
        launch("attention_merge", new Grid(data.decodeTileCount(), call.heads()), 128, 0);
      }
    }
  }

  static int headGroups(AttentionCall call) {
    return Math.ceilDiv(call.heads() / call.kvHeads(), 16);
  }

  private void attentionArguments(
      AttentionCall call,
      long tiles,
      int splits,
      float scale,
      float softcap,
      int window,
      long sinks) {
    arguments
        .begin()
        .wide(call.query(), tiles, call.data().blocks(), sinks, call.out(), call.partial());
    place(call);
    arguments
        .whole(call.layout().blocksPerSlab(), call.heads(), call.kvHeads(), call.headSize())
        .whole(splits, window)
        .real(scale, softcap);
  }

  void gate(int activation, long gate, long up, int rows, int width, Rows16 out) {
    arguments.begin().wide(gate, up, out.address(), out.scale()).whole(width, activation);
    launch("gate", new Grid(rows), ROW_THREADS, SCRATCH_BYTES);
  }

  /** Picks experts and sorts rows by them. */
  void route(ExpertBuffers buffers, Slots slots, boolean normalize, float scale) {
    arguments
        .begin()
        .wide(buffers.logits(), buffers.picked(), buffers.weight(), slots.expertFirst())
        .wide(slots.rowOfSlot(), buffers.slotOf())
        .whole(slots.rows(), slots.experts(), slots.perRow(), normalize ? 1 : 0)
        .real(scale)
        .whole(0);
    launch("route_pick", new Grid(Math.ceilDiv(slots.rows(), 64)), 64, 0);
    launch("route_group", new Grid(1), ROW_THREADS, 0);
  }

  /** Addresses of what routing reads and writes. */
  record ExpertBuffers(long logits, long picked, long weight, long slotOf) {}

  /** Adds up by weight what a row's experts gave. */
  void combine(
      ExpertBuffers buffers, long slotOutputs, Slots slots, int columns, long out, float factor) {
    arguments
        .begin()
        .wide(slotOutputs, buffers.slotOf(), buffers.weight(), out)
        .whole(columns, slots.perRow())
        .real(factor)
        .whole(0);
    launch("combine", new Grid(slots.rows()), ROW_THREADS, 0);
  }

  void gatherRows(long x, long index, int rows, long rowBytes, long out) {
    arguments.begin().wide(x, index, out, rowBytes);
    launch("gather_rows", new Grid(rows), ROW_THREADS, 0);
  }

  /** The likeliest token of each row; results one after another: ids, logits, log sums. */
  void greedy(long logits, int rows, int vocabulary, float scale, float softcap, long results) {
    long column = (long) rows * Integer.BYTES;
    arguments
        .begin()
        .wide(logits, results, results + column, results + 2 * column)
        .whole(vocabulary)
        .real(scale, softcap)
        .whole(0);
    launch("greedy", new Grid(rows), 1024, SCRATCH_BYTES);
  }

  private static long rowBytes(GpuMatrix matrix) {
    return (long) matrix.columns() / matrix.type().blockLength() * matrix.type().blockBytes();
  }
}
