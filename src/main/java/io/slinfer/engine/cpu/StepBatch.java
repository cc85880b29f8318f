package io.slinfer.engine.cpu;

import io.slinfer.engine.Sequence;
import io.slinfer.engine.SequenceChunk;
import io.slinfer.engine.cpu.CpuKernels.KvBatch;
import io.slinfer.engine.device.LogitsObserver;
import io.slinfer.engine.device.OutputDrawer;
import io.slinfer.kvcache.BlockTable;
import io.slinfer.model.Rope;
import io.slinfer.request.Pooling;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;

/**
 * The rows of one pass: tokens of a plan's chunks up to a bound, a long chunk continuing in the
 * next pass. Filled afresh by {@link #next}; confined to the engine's thread.
 */
final class StepBatch implements AutoCloseable {

  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

  private final KvSpace kv;
  private final int mostRows;
  private final int vocabularySize;
  private final LogitsObserver observer;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment tokens;
  private final MemorySegment firstRow;
  private final MemorySegment startPosition;
  private final MemorySegment firstBlock;
  private final MemorySegment outputRows;
  private final Sequence[] rowSequence;
  private final int[] rowPosition;
  private final int[] outputRow;
  private final boolean[] yields;
  private Arena addressArena = Arena.ofShared();
  private MemorySegment blockAddresses = addressArena.allocate(LONG, 1024);

  private List<SequenceChunk> chunks = List.of();
  private int chunk;
  private int chunkDone;
  private int rows;
  private int outputs;
  private KvBatch kvBatch;

  /**
   * @param mostRows of a pass
   */
  StepBatch(KvSpace kv, int mostRows, int vocabularySize, LogitsObserver observer) {
    this.kv = kv;
    this.mostRows = mostRows;
    this.vocabularySize = vocabularySize;
    this.observer = observer;
    tokens = ints(mostRows);
    firstRow = ints(mostRows + 1);
    startPosition = ints(mostRows);
    firstBlock = ints(mostRows + 1);
    outputRows = ints(mostRows);
    rowSequence = new Sequence[mostRows];
    rowPosition = new int[mostRows];
    outputRow = new int[mostRows];
    yields = new boolean[mostRows];
  }

  private MemorySegment ints(int count) {
    return arena.allocate((long) count * Integer.BYTES, Scratch.ALIGNMENT);
  }

  /** A new plan starts. */
  void start(List<SequenceChunk> planned) {
    chunks = planned;
    chunk = 0;
    chunkDone = 0;
  }

  /** Fills the batch with the next rows of the plan; false if there are none left. */
  boolean next() {
    rows = 0;
    outputs = 0;
    int sequences = 0;
    int blocks = 0;
    while (rows < mostRows && chunk < chunks.size()) {
      SequenceChunk current = chunks.get(chunk);
      int count = Math.min(current.tokens() - chunkDone, mostRows - rows);
      int start = current.sequence().computed() + chunkDone;
      firstRow.setAtIndex(INT, sequences, rows);
      startPosition.setAtIndex(INT, sequences, start);
      firstBlock.setAtIndex(INT, sequences, blocks);
      blocks = addBlocks(current.sequence(), start + count, blocks);
      addRows(current, start, count);
      sequences++;
      chunkDone += count;
      if (chunkDone == current.tokens()) {
        chunk++;
        chunkDone = 0;
      }
    }
    firstRow.setAtIndex(INT, sequences, rows);
    firstBlock.setAtIndex(INT, sequences, blocks);
    kvBatch = new KvBatch(sequences, firstRow, startPosition, firstBlock, blockAddresses);
    return rows > 0;
  }

  private int addBlocks(Sequence sequence, int tokenCount, int blocks) {
    int count = BlockTable.blocksFor(tokenCount);
    long needed = (long) (blocks + count) * Long.BYTES;
    if (blockAddresses.byteSize() < needed) {
      Arena larger = Arena.ofShared();
      MemorySegment copy = larger.allocate(needed * 2, Scratch.ALIGNMENT);
      copy.copyFrom(blockAddresses);
      addressArena.close();
      addressArena = larger;
      blockAddresses = copy;
    }
    for (int i = 0; i < count; i++) {
      blockAddresses.setAtIndex(LONG, blocks + i, kv.blockAddress(sequence.blocks().block(i)));
    }
    return blocks + count;
  }

  private void addRows(SequenceChunk current, int start, int count) {
    Sequence sequence = current.sequence();
    int last = sequence.computed() + current.tokens() - 1;
    for (int position = start; position < start + count; position++) {
      tokens.setAtIndex(INT, rows, known(sequence.token(position)));
      rowSequence[rows] = sequence;
      rowPosition[rows] = position;
      boolean yieldsToken = position == last && current.yieldsToken();
      Pooling pooling = sequence.sampling().pooling();
      boolean wanted =
          pooling == null
              ? OutputDrawer.scores(sequence, position) || observer.wants(sequence, position)
              : pooling.takes(position, sequence.promptLength());
      if (yieldsToken || wanted) {
        outputRows.setAtIndex(INT, outputs, rows);
        outputRow[outputs] = rows;
        yields[outputs] = yieldsToken;
        outputs++;
      }
      rows++;
    }
  }

  /** The token itself; kernels read its row of the embedding without a look at its bounds. */
  private int known(int token) {
    if (token < 0 || token >= vocabularySize) {
      throw new IllegalArgumentException(
          "token " + token + " is not in the vocabulary of " + vocabularySize);
    }
    return token;
  }

  int rows() {
    return rows;
  }

  /** int32, one a row. */
  MemorySegment tokens() {
    return tokens;
  }

  KvBatch kv() {
    return kvBatch;
  }

  /** How many rows give an output. */
  int outputs() {
    return outputs;
  }

  /** Which rows give an output: int32, ascending. */
  MemorySegment outputRows() {
    return outputRows;
  }

  Sequence outputSequence(int output) {
    return rowSequence[outputRow[output]];
  }

  int outputPosition(int output) {
    return rowPosition[outputRow[output]];
  }

  /** Whether a token is drawn from the logits; else they score the prompt or are observed. */
  boolean yieldsToken(int output) {
    return yields[output];
  }

  /** Whether an output's hidden state is wanted and not its logits. */
  boolean pools(int output) {
    return outputSequence(output).sampling().pooling() != null;
  }

  /** Fills a table for {@link CpuKernels#rope}: for each row its cosines, then its sines. */
  void fillRopeTable(Rope rope, MemorySegment table) {
    int pairs = rope.dimensions() / 2;
    for (int row = 0; row < rows; row++) {
      double[] frequencies = rope.frequenciesFor(rowSequence[row].length());
      long at = (long) row * rope.dimensions();
      for (int i = 0; i < pairs; i++) {
        double angle = rowPosition[row] * frequencies[i];
        table.setAtIndex(
            ValueLayout.JAVA_FLOAT, at + i, (float) (Math.cos(angle) * rope.magnitude()));
        table.setAtIndex(
            ValueLayout.JAVA_FLOAT, at + pairs + i, (float) (Math.sin(angle) * rope.magnitude()));
      }
    }
  }

  /** Lets go of the plan's sequences. */
  void end() {
    chunks = List.of();
    Arrays.fill(rowSequence, null);
  }

  @Override
  public void close() {
    addressArena.close();
    arena.close();
  }
}
