package io.slinfer.engine.gpu;

import io.slinfer.engine.Sequence;
import io.slinfer.engine.SequenceChunk;
import io.slinfer.engine.device.LogitsObserver;
import io.slinfer.engine.device.OutputDrawer;
import io.slinfer.kvcache.BlockTable;
import io.slinfer.request.Pooling;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;

/**
 * The rows of one pass: up to {@code mostRows} tokens of a plan's chunks, a long chunk continuing
 * in the next pass. Written into pinned memory and sent to the device in one copy, always to the
 * same addresses as long as {@link #generation} stays. Confined to the step thread.
 */
final class StepData implements AutoCloseable {

  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

  /** Columns of one number a row: token, position, longer, first block, output row. */
  private static final int COLUMNS = 5;

  private static final int TILE_NUMBERS = 4;

  /** Query rows of a block of the prefill kernel. */
  private static final int TILE_ENTRIES = 64;

  private static final int FIRST_BLOCKS = 4096;

  private final GpuDriver driver;
  private final DeviceMemory memory;
  private final GpuKvSpace kv;
  private final Shape shape;
  private final LogitsObserver observer;
  private final Sequence[] rowSequence;
  private final int[] rowPosition;
  private final int[] outputRow;
  private final boolean[] yields;
  private DeviceMemory.Buffer device;
  private DeviceMemory.Pinned host;
  private int blockRoom = FIRST_BLOCKS;
  private int generation;

  private List<SequenceChunk> chunks = List.of();
  private int chunk;
  private int chunkDone;
  private int rows;
  private int outputs;
  private int decodeTileCount;
  private int prefillTileCount;
  private int blockCount;
  private int mostDecodeBlocks;

  /**
   * What of the model matters here.
   *
   * @param group query heads that share a key head
   * @param shortTokens longer sequences have the second set of rotary factors
   */
  record Shape(int mostRows, int vocabularySize, int group, int kvHeads, int shortTokens) {}

  StepData(
      GpuDriver driver, DeviceMemory memory, GpuKvSpace kv, Shape shape, LogitsObserver observer) {
    this.driver = driver;
    this.memory = memory;
    this.kv = kv;
    this.shape = shape;
    this.observer = observer;
    this.rowSequence = new Sequence[shape.mostRows()];
    this.rowPosition = new int[shape.mostRows()];
    this.outputRow = new int[shape.mostRows()];
    this.yields = new boolean[shape.mostRows()];
    this.device = memory.allocate(bytes());
    try {
      this.host = memory.pinned(bytes());
    } catch (RuntimeException | Error failure) {
      device.close();
      throw failure;
    }
  }

  private int fixedNumbers() {
    return shape.mostRows() * (COLUMNS + 2 * TILE_NUMBERS);
  }

  private long bytes() {
    return (fixedNumbers() + (long) blockRoom) * Integer.BYTES;
  }

  /** A new plan starts. */
  void start(List<SequenceChunk> planned) {
    chunks = planned;
    chunk = 0;
    chunkDone = 0;
  }

  /** Takes the next rows of the plan; false if there are none left. */
  boolean next() {
    rows = 0;
    outputs = 0;
    decodeTileCount = 0;
    prefillTileCount = 0;
    blockCount = 0;
    mostDecodeBlocks = 0;
    while (rows < shape.mostRows() && chunk < chunks.size()) {
      SequenceChunk current = chunks.get(chunk);
      int count = Math.min(current.tokens() - chunkDone, shape.mostRows() - rows);
      int start = current.sequence().computed() + chunkDone;
      int firstBlock = addBlocks(current.sequence(), start + count);
      addTiles(start, count, firstBlock);
      addRows(current, start, count, firstBlock);
      chunkDone += count;
      if (chunkDone == current.tokens()) {
        chunk++;
        chunkDone = 0;
      }
    }
    return rows > 0;
  }

  private int addBlocks(Sequence sequence, int tokens) {
    int count = BlockTable.blocksFor(tokens);
    if (blockCount + count > blockRoom) {
      grow(blockCount + count);
    }
    int first = blockCount;
    for (int i = 0; i < count; i++) {
      set(fixedNumbers() + blockCount++, kv.checked(sequence.blocks().block(i)));
    }
    return first;
  }

  /** Makes room for more blocks, at other addresses. */
  private void grow(int needed) {
    DeviceMemory.Buffer oldDevice = device;
    DeviceMemory.Pinned oldHost = host;
    int oldRoom = blockRoom;
    blockRoom = Math.max(needed, 2 * blockRoom);
    try {
      DeviceMemory.Buffer larger = memory.allocate(bytes());
      try {
        host = memory.pinned(bytes());
      } catch (RuntimeException | Error failure) {
        larger.close();
        throw failure;
      }
      device = larger;
    } catch (RuntimeException | Error failure) {
      blockRoom = oldRoom;
      throw failure;
    }
    host.segment().copyFrom(oldHost.segment());
    oldHost.close();
    oldDevice.close();
    generation++;
  }

  private void addTiles(int start, int count, int firstBlock) {
    if (count == 1) {
      mostDecodeBlocks = Math.max(mostDecodeBlocks, BlockTable.blocksFor(start + 1));
      addTile(COLUMNS, decodeTileCount++, rows, 1, start, firstBlock);
      return;
    }
    int tokens = Math.max(1, TILE_ENTRIES / shape.group());
    for (int done = 0; done < count; done += tokens) {
      addTile(
          COLUMNS + TILE_NUMBERS,
          prefillTileCount++,
          rows + done,
          Math.min(tokens, count - done),
          start + done,
          firstBlock);
    }
  }

  private void addTile(int column, int tile, int... numbers) {
    for (int i = 0; i < TILE_NUMBERS; i++) {
      set(column * shape.mostRows() + TILE_NUMBERS * tile + i, numbers[i]);
    }
  }

  private void addRows(SequenceChunk current, int start, int count, int firstBlock) {
    Sequence sequence = current.sequence();
    int last = sequence.computed() + current.tokens() - 1;
    for (int position = start; position < start + count; position++) {
      setRow(0, known(sequence.token(position)));
      setRow(1, position);
      setRow(2, sequence.length() > shape.shortTokens() ? 1 : 0);
      setRow(3, firstBlock);
      rowSequence[rows] = sequence;
      rowPosition[rows] = position;
      boolean yieldsToken = position == last && current.yieldsToken();
      if (yieldsToken || isWanted(sequence, position)) {
        set(4 * shape.mostRows() + outputs, rows);
        outputRow[outputs] = rows;
        yields[outputs++] = yieldsToken;
      }
      rows++;
    }
  }

  private boolean isWanted(Sequence sequence, int position) {
    Pooling pooling = sequence.sampling().pooling();
    return pooling == null
        ? OutputDrawer.scores(sequence, position) || observer.wants(sequence, position)
        : pooling.takes(position, sequence.promptLength());
  }

  /** The token itself; kernels read its row of the embedding without a look at its bounds. */
  private int known(int token) {
    if (token < 0 || token >= shape.vocabularySize()) {
      throw new IllegalArgumentException(
          "token " + token + " is not in the vocabulary of " + shape.vocabularySize());
    }
    return token;
  }

  private void setRow(int column, int value) {
    set(column * shape.mostRows() + rows, value);
  }

  private void set(int index, int value) {
    host.segment().setAtIndex(INT, index, value);
  }

  /** Sends the rows to the device. */
  void send() {
    long used = (fixedNumbers() + (long) blockCount) * Integer.BYTES;
    MemorySegment from = host.segment().asSlice(0, used);
    driver.copyToDevice(GpuDriver.COMPUTE, device.address(), from);
  }

  private long column(int number) {
    return device.address() + (long) number * shape.mostRows() * Integer.BYTES;
  }

  int rows() {
    return rows;
  }

  long tokens() {
    return column(0);
  }

  long position() {
    return column(1);
  }

  long longer() {
    return column(2);
  }

  long firstBlock() {
    return column(3);
  }

  /** Which rows give an output. */
  long outputRows() {
    return column(4);
  }

  long decodeTiles() {
    return column(COLUMNS);
  }

  int decodeTileCount() {
    return decodeTileCount;
  }

  long prefillTiles() {
    return column(COLUMNS + TILE_NUMBERS);
  }

  int prefillTileCount() {
    return prefillTileCount;
  }

  long blocks() {
    return device.address() + (long) fixedNumbers() * Integer.BYTES;
  }

  /** Changes when the addresses have changed. */
  int generation() {
    return generation;
  }

  /** Whether every row is a sequence's next token and gives one. */
  boolean isPlainDecode() {
    if (prefillTileCount > 0 || outputs != rows) {
      return false;
    }
    for (int i = 0; i < outputs; i++) {
      if (!yields[i] || pools(i)) {
        return false;
      }
    }
    return true;
  }

  /**
   * How many blocks share the keys of one decode: enough to keep the device busy, but none with
   * next to nothing to do; a power of two, so that there are few different ones.
   */
  int splits() {
    int busy = decodeTileCount * shape.kvHeads() * Math.ceilDiv(shape.group(), 16);
    int wanted = Math.ceilDiv(2 * driver.properties().multiprocessors(), Math.max(1, busy));
    int useful = Math.max(1, mostDecodeBlocks / MOST_SPLITS);
    return Integer.highestOneBit(Math.clamp(Math.min(wanted, useful), 1, MOST_SPLITS));
  }

  /** The most that {@link #splits} says; a split has at least this many blocks too. */
  static final int MOST_SPLITS = 16;

  int outputs() {
    return outputs;
  }

  Sequence outputSequence(int output) {
    return rowSequence[outputRow[output]];
  }

  int outputPosition(int output) {
    return rowPosition[outputRow[output]];
  }

  /** Whether a token is drawn from the logits; else they were only wanted by the observer. */
  boolean yieldsToken(int output) {
    return yields[output];
  }

  /** Whether an output's hidden state is wanted and not its logits. */
  boolean pools(int output) {
    return outputSequence(output).sampling().pooling() != null;
  }

  /** Lets go of the plan's sequences. */
  void end() {
    chunks = List.of();
    Arrays.fill(rowSequence, null);
  }

  @Override
  public void close() {
    host.close();
    device.close();
  }
}
