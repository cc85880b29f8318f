package io.slinfer.engine.gpu;

import io.slinfer.model.Architecture;
import io.slinfer.model.ModelDescription;

/**
 * Where in one buffer the activations of a pass of {@code rows} rows lie. Offsets in bytes; the
 * device addresses are these plus the buffer's. Pure.
 *
 * @param bytes of the whole buffer
 */
record GpuScratch(
    long stream,
    long spare,
    long block,
    long input16,
    long inputScale,
    long query,
    long key,
    long value,
    long attended16,
    long attendedScale,
    long kept16,
    long gate,
    long up,
    long gated16,
    long gatedScale,
    long logits,
    long greedy,
    long partial,
    Experts experts,
    long bytes) {

  /** Of routing; all 0 without experts. */
  record Experts(
      long logits,
      long picked,
      long weight,
      long slotOf,
      long expertFirst,
      long rowOfSlot,
      long outputs) {}

  private static final int ALIGNMENT = 256;

  /** Numbers of {@code GpuKernels.greedy} for a row. */
  private static final int GREEDY_NUMBERS = 3;

  /** Hands out offsets. */
  private static final class Room {
    private long used;

    long take(long count, int size) {
      long at = used;
      used += Math.ceilDiv(count * size, (long) ALIGNMENT) * ALIGNMENT;
      return at;
    }
  }

  /**
   * @param rows of a pass, at most
   * @param multiprocessors of the device, by which decodes are split
   */
  static GpuScratch of(Architecture architecture, int rows, int multiprocessors) {
    Room room = new Room();
    Architecture.Attention attention = architecture.attention();
    Architecture.FeedForward feedForward = architecture.feedForward();
    int hidden = architecture.hiddenSize();
    long slots = (long) rows * feedForward.expertsUsed();
    long inner = Math.max((long) rows * feedForward.width(), slots * feedForward.expertWidth());
    long innerRows = Math.max(rows, slots);
    // As StepData.splits: splits of all decodes together are at most four a multiprocessor.
    long partialLines = 4L * multiprocessors * 16;
    return new GpuScratch(
        room.take((long) rows * hidden, Float.BYTES),
        room.take((long) rows * hidden, Float.BYTES),
        room.take((long) rows * hidden, Float.BYTES),
        room.take((long) rows * hidden, Short.BYTES),
        room.take(rows, Float.BYTES),
        room.take((long) rows * attention.queryWidth(), Float.BYTES),
        room.take((long) rows * attention.kvWidth(), Float.BYTES),
        room.take((long) rows * attention.kvWidth(), Float.BYTES),
        room.take((long) rows * attention.queryWidth(), Short.BYTES),
        room.take(rows, Float.BYTES),
        room.take((long) rows * attention.queryWidth(), Short.BYTES),
        room.take(inner, Float.BYTES),
        room.take(inner, Float.BYTES),
        room.take(inner, Short.BYTES),
        room.take(innerRows, Float.BYTES),
        room.take((long) ModelDescription.LOGIT_ROWS * architecture.vocabularySize(), Float.BYTES),
        room.take((long) GREEDY_NUMBERS * ModelDescription.LOGIT_ROWS, Float.BYTES),
        room.take(partialLines * (attention.headSize() + 2), Float.BYTES),
        experts(room, feedForward, rows, hidden),
        room.used);
  }

  private static Experts experts(Room room, Architecture.FeedForward shape, int rows, int hidden) {
    if (shape.experts() == 0) {
      return new Experts(0, 0, 0, 0, 0, 0, 0);
    }
    long slots = (long) rows * shape.expertsUsed();
    return new Experts(
        room.take((long) rows * shape.experts(), Float.BYTES),
        room.take(slots, Integer.BYTES),
        room.take(slots, Float.BYTES),
        room.take(slots, Integer.BYTES),
        room.take(shape.experts() + 1L, Integer.BYTES),
        room.take(slots, Integer.BYTES),
        room.take(slots * hidden, Float.BYTES));
  }

  /** The same as addresses in a buffer. */
  GpuScratch at(long base) {
    return new GpuScratch(
        base + stream,
        base + spare,
        base + block,
        base + input16,
        base + inputScale,
        base + query,
        base + key,
        base + value,
        base + attended16,
        base + attendedScale,
        base + kept16,
        base + gate,
        base + up,
        base + gated16,
        base + gatedScale,
        base + logits,
        base + greedy,
        base + partial,
        new Experts(
            base + experts.logits,
            base + experts.picked,
            base + experts.weight,
            base + experts.slotOf,
            base + experts.expertFirst,
            base + experts.rowOfSlot,
            base + experts.outputs),
        bytes);
  }
}
