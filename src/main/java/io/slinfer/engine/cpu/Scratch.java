package io.slinfer.engine.cpu;

import io.slinfer.ffi.ReservedMemory;
import io.slinfer.model.Architecture;
import io.slinfer.model.ModelDescription;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The activations of one step, float32, room for {@link ModelDescription#BATCH_ROWS} rows each.
 * Takes memory only as far as batches have needed it. Confined to the engine's thread.
 */
final class Scratch implements AutoCloseable {

  /** Of every buffer, in bytes: a cache line. */
  static final int ALIGNMENT = 64;

  private final ReservedMemory memory;
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

  /** {@link ModelDescription#LOGIT_ROWS} rows of logits. */
  final MemorySegment logits;

  Scratch(Architecture architecture) {
    Architecture.Attention attention = architecture.attention();
    Architecture.FeedForward feedForward = architecture.feedForward();
    int hidden = architecture.hiddenSize();
    int inner = Math.max(feedForward.width(), feedForward.expertWidth());
    int experts = feedForward.experts();
    int gathered = experts == 0 ? 0 : hidden;
    List<Long> numbers = new ArrayList<>();
    for (int width :
        new int[] {
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
        }) {
      numbers.add((long) width * ModelDescription.BATCH_ROWS);
    }
    long logitNumbers = (long) architecture.vocabularySize() * ModelDescription.LOGIT_ROWS;
    long total = aligned(logitNumbers * Float.BYTES);
    for (long count : numbers) {
      total += aligned(count * Float.BYTES);
    }
    memory = ReservedMemory.of(total);
    int next = 0;
    stream = take(numbers.get(next++));
    spare = take(numbers.get(next++));
    block = take(numbers.get(next++));
    query = take(numbers.get(next++));
    key = take(numbers.get(next++));
    value = take(numbers.get(next++));
    attended = take(numbers.get(next++));
    gate = take(numbers.get(next++));
    up = take(numbers.get(next++));
    router = take(numbers.get(next++));
    expertInput = take(numbers.get(next++));
    expertOutput = take(numbers.get(next));
    logits = take(logitNumbers);
  }

  private MemorySegment take(long count) {
    MemorySegment buffer = memory.segment().asSlice(used, count * Float.BYTES);
    used += aligned(count * Float.BYTES);
    return buffer;
  }

  private static long aligned(long bytes) {
    return Math.ceilDiv(bytes, (long) ALIGNMENT) * ALIGNMENT;
  }

  @Override
  public void close() {
    memory.close();
  }
}
