package io.slinfer.engine.cpu;

import io.slinfer.model.Architecture;
import io.slinfer.model.ModelDescription;
import io.slinfer.model.UnservableModelException;
import java.lang.foreign.MemorySegment;

/**
 * The activations of one pass, float32, in memory that all instances of an engine share, since they
 * step one after another: as many rows as fit, at most {@link ModelDescription#BATCH_ROWS}. Nothing
 * in it outlives a pass. Made on any thread, then confined to the engine's.
 */
final class Scratch {

  /** Of every buffer, in bytes: a cache line. */
  static final int ALIGNMENT = 64;

  /** Logits take at most this part of the memory where rows could use it. */
  private static final int LOGITS_PART = 4;

  private final MemorySegment memory;
  private final int rows;
  private final int logitRows;
  private long used;

  /** The residual stream, and a second one of the same size. */
  final MemorySegment stream;

  final MemorySegment spare;

  /** What goes into and comes out of attention and feed-forward. */
  final MemorySegment block;

  final MemorySegment query;
  final MemorySegment key;
  final MemorySegment value;
  final MemorySegment attended;
  final MemorySegment gate;
  final MemorySegment up;

  /** Router logits, gathered rows, and results of one expert; empty without experts. */
  final MemorySegment router;

  final MemorySegment expertInput;
  final MemorySegment expertOutput;

  final MemorySegment logits;

  /**
   * @param memory what the instances share
   * @throws UnservableModelException if not even one row fits
   */
  Scratch(Architecture architecture, MemorySegment memory) throws UnservableModelException {
    this.memory = memory;
    int[] widths = widths(architecture);
    long logitRowBytes = aligned((long) architecture.vocabularySize() * Float.BYTES);
    long rowBytes = 0;
    for (int width : widths) {
      rowBytes += (long) width * Float.BYTES;
    }
    long roomBytes = memory.byteSize() - (widths.length + 1L) * ALIGNMENT;
    if (rowBytes + logitRowBytes > roomBytes) {
      throw new UnservableModelException(
          "one token takes "
              + (rowBytes + logitRowBytes)
              + " bytes of scratch; the device has "
              + memory.byteSize()
              + ", a part of its memory");
    }
    logitRows =
        (int)
            Math.clamp(
                roomBytes / LOGITS_PART / logitRowBytes, 1, (long) ModelDescription.LOGIT_ROWS);
    rows =
        (int)
            Math.clamp(
                (roomBytes - logitRows * logitRowBytes) / rowBytes,
                1,
                (long) ModelDescription.BATCH_ROWS);
    int next = 0;
    stream = take(widths[next++], rows);
    spare = take(widths[next++], rows);
    block = take(widths[next++], rows);
    query = take(widths[next++], rows);
    key = take(widths[next++], rows);
    value = take(widths[next++], rows);
    attended = take(widths[next++], rows);
    gate = take(widths[next++], rows);
    up = take(widths[next++], rows);
    router = take(widths[next++], rows);
    expertInput = take(widths[next++], rows);
    expertOutput = take(widths[next], rows);
    logits = take(architecture.vocabularySize(), logitRows);
  }

  /** How many numbers a row takes in each buffer, in the order of the buffers. */
  private static int[] widths(Architecture architecture) {
    Architecture.Attention attention = architecture.attention();
    Architecture.FeedForward feedForward = architecture.feedForward();
    int hidden = architecture.hiddenSize();
    int inner = Math.max(feedForward.width(), feedForward.expertWidth());
    int experts = feedForward.experts();
    int gathered = experts == 0 ? 0 : hidden;
    return new int[] {
      hidden,
      hidden,
      hidden,
      attention.queryWidth(),
      attention.kvWidth(),
      attention.kvWidth(),
      attention.queryWidth(),
      inner,
      inner,
      experts,
      gathered,
      gathered
    };
  }

  /** Most rows of a pass. */
  int rows() {
    return rows;
  }

  /** Most rows whose logits are computed at once. */
  int logitRows() {
    return logitRows;
  }

  private MemorySegment take(int width, int count) {
    long bytes = (long) width * count * Float.BYTES;
    MemorySegment buffer = memory.asSlice(used, bytes);
    used += aligned(bytes);
    return buffer;
  }

  private static long aligned(long bytes) {
    return Math.ceilDiv(bytes, (long) ALIGNMENT) * ALIGNMENT;
  }
}
