package io.slinfer.cost;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Measures how long a model's steps take: says which step to run next and is told how long it took.
 * After a short warm-up, prompts grow to the lengths of a grid, piece by piece; at each length the
 * batch of decodes grows. It ends when the time is spent or the context ends; the first length is
 * measured in any case.
 *
 * <p>Whoever runs it may stop between any two steps and go on later: what was begun of a length is
 * measured again. The same durations give the same steps. Confined to one thread.
 */
public final class StepProbe {

  private static final int[] LENGTHS = {32, 128, 512, 1_024, 2_048, 4_096, 8_192};
  private static final int[] BATCHES = {1, 2, 4, 8, 16, 32, 64};
  private static final int WARM_TOKENS = 16;
  private static final int LEAST_PIECE_TOKENS = 16;
  private static final int REPEATS = 3;

  /**
   * How far it may go.
   *
   * @param totalNanos all steps together; none is begun that is likely to exceed it
   * @param stepNanos what one step may take, roughly: a decode that doubles its batch may take
   *     twice that
   * @param tokens longest sequence; at least 17
   * @param pieceTokens most prompt tokens in a step
   */
  public record Limits(long totalNanos, long stepNanos, int tokens, int pieceTokens) {}

  /**
   * One step.
   *
   * @param from tokens that are in the cache already
   * @param promptTokens how many tokens of the prompt to compute after those; 0: a decode
   * @param batch how many sequences of {@code from} tokens get their next token; 0: a prompt
   */
  public record Step(int from, int promptTokens, int batch) {

    /** How many tokens the sequence has, with those that the step computes. */
    public int length() {
      return from + promptTokens;
    }
  }

  private final Limits limits;
  private final List<double[]> prefills = new ArrayList<>();
  private final List<MeasuredSteps.Row> rows = new ArrayList<>();
  private final List<double[]> batches = new ArrayList<>();
  private final long[] repeats = new long[REPEATS];
  private boolean warmPrompt;
  private boolean warm;
  private boolean begun;
  private int lengthIndex;
  private int position;
  private int batchIndex;
  private int repeat;
  private double tokenNanos;
  private long promptNanos;
  private long decodeNanos;
  private long spentNanos;
  private Step step;

  public StepProbe(Limits limits) {
    if (limits.tokens() <= WARM_TOKENS) {
      throw new IllegalArgumentException(
          "a probe needs more than " + WARM_TOKENS + " tokens, not " + limits.tokens());
    }
    this.limits = limits;
  }

  /** The next step; null if all is measured. The same until {@link #took} is called. */
  public Step next() {
    if (step == null) {
      step = choose();
    }
    return step;
  }

  /** The step that {@link #next} gave has taken this long. */
  public void took(long nanos) {
    spentNanos += nanos;
    Step done = step;
    step = null;
    if (!warm) {
      tokenNanos = done.batch() == 0 ? (double) nanos / done.promptTokens() : tokenNanos;
      decodeNanos = nanos;
      warm = warmPrompt;
      warmPrompt = true;
    } else if (done.batch() == 0) {
      position = done.length();
      promptNanos += nanos;
      tokenNanos = (double) nanos / done.promptTokens();
    } else {
      repeats[repeat++] = nanos;
      decodeNanos = nanos;
      if (repeat == REPEATS) {
        endBatch(done.batch());
      }
    }
  }

  /** The cache is lost: the length that was begun starts again. */
  public void interrupted() {
    step = null;
    begun = false;
    position = 0;
    promptNanos = 0;
    restartDecodes();
  }

  /** How much time the steps took, all together. */
  public long spentNanos() {
    return spentNanos;
  }

  /** What was measured; empty until the first length is done. */
  public MeasuredSteps result() {
    return new MeasuredSteps(prefills.subList(0, rows.size()), rows);
  }

  private Step choose() {
    if (!warm) {
      return warmPrompt ? new Step(WARM_TOKENS, 0, 1) : new Step(0, WARM_TOKENS, 0);
    }
    if (isEnd()) {
      return null;
    }
    if (position == length()) {
      if (isInBatch() || mayGrow()) {
        return new Step(position, 0, BATCHES[batchIndex]);
      }
      endLength();
      if (isEnd()) {
        return null;
      }
    }
    begun = true;
    return piece();
  }

  private boolean isEnd() {
    return lengthIndex == LENGTHS.length
        || !rows.isEmpty()
            && (rows.getLast().tokens() >= length() || (!begun && !hasTimeForLength()));
  }

  private int length() {
    return Math.min(LENGTHS[lengthIndex], limits.tokens());
  }

  /** The first batch of a length, or one whose repeats are not all done. */
  private boolean isInBatch() {
    return batchIndex == 0 || repeat > 0;
  }

  private Step piece() {
    int left = length() - position;
    double fits = limits.stepNanos() / Math.max(1, tokenNanos);
    int most = (int) Math.min(limits.pieceTokens(), Math.max(LEAST_PIECE_TOKENS, fits));
    return new Step(position, Math.min(left, most), 0);
  }

  /** Twice the batch is taken to need up to twice the time. */
  private boolean mayGrow() {
    return batchIndex < BATCHES.length
        && decodeNanos <= limits.stepNanos()
        && hasTimeFor(REPEATS * 2.0 * decodeNanos);
  }

  private boolean hasTimeForLength() {
    double firstDecodeNanos = rows.getLast().batches().getFirst()[1] * 1e6;
    return hasTimeFor((length() - position) * tokenNanos + REPEATS * firstDecodeNanos);
  }

  private boolean hasTimeFor(double nanos) {
    return spentNanos + nanos <= limits.totalNanos();
  }

  private void endBatch(int batch) {
    Arrays.sort(repeats);
    batches.add(new double[] {batch, repeats[REPEATS / 2] / 1e6});
    if (batchIndex == 0) {
      prefills.add(new double[] {position, promptNanos / 1e6});
    }
    batchIndex++;
    repeat = 0;
  }

  private void endLength() {
    rows.add(new MeasuredSteps.Row(position, batches));
    lengthIndex++;
    begun = false;
    restartDecodes();
  }

  private void restartDecodes() {
    while (prefills.size() > rows.size()) {
      prefills.removeLast();
    }
    batches.clear();
    batchIndex = 0;
    repeat = 0;
  }
}
