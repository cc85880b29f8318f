package io.slinfer.engine.cpu;

import io.slinfer.engine.cpu.CpuKernels.Activation;
import io.slinfer.model.Architecture;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * A feed-forward layer of experts: the router picks some for each row, each expert computes the
 * rows that picked it, and their results are added up by weight. Confined to the engine's thread.
 */
final class ExpertLayer {

  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
  private static final MemorySegment NONE = MemorySegment.NULL;

  private final CpuKernels kernels;
  private final Architecture.FeedForward shape;
  private final int hidden;
  private final Activation activation;
  private final Scratch scratch;
  private final MemorySegment[] toRouter;
  private final MemorySegment[] gateUp;
  private final MemorySegment[] upAlone;
  private final MemorySegment[] toExpertOutput;

  /** Rows and weights of all experts, one expert after another: int32, float32. */
  private final MemorySegment rowsByExpert;

  private final MemorySegment weightsByExpert;

  /** First index of each expert in those, and where the next row goes. */
  private final int[] firstOf;

  private final int[] nextOf;

  /** What each row picked, and with which weight: rows x expertsUsed. */
  private final int[] picked;

  private final float[] pickedWeight;
  private final float[] logits;

  ExpertLayer(
      CpuKernels kernels,
      Architecture architecture,
      Activation activation,
      Scratch scratch,
      Arena arena) {
    this.kernels = kernels;
    this.shape = architecture.feedForward();
    this.hidden = architecture.hiddenSize();
    this.activation = activation;
    this.scratch = scratch;
    int picks = scratch.rows() * shape.expertsUsed();
    rowsByExpert = arena.allocate((long) picks * Integer.BYTES, Scratch.ALIGNMENT);
    weightsByExpert = arena.allocate((long) picks * Float.BYTES, Scratch.ALIGNMENT);
    firstOf = new int[shape.experts() + 1];
    nextOf = new int[shape.experts()];
    picked = new int[picks];
    pickedWeight = new float[picks];
    logits = new float[shape.experts()];
    toRouter = new MemorySegment[] {scratch.router};
    gateUp = new MemorySegment[] {scratch.gate, scratch.up};
    upAlone = new MemorySegment[] {scratch.gate};
    toExpertOutput = new MemorySegment[] {scratch.expertOutput};
  }

  /** out = the weighted sum of what the picked experts make of each row of {@code input}. */
  void run(
      CpuWeights.Projection router,
      CpuWeights.Dense[] experts,
      MemorySegment input,
      int rows,
      MemorySegment out) {
    kernels.matmul(input, rows, router.alone(), toRouter);
    if (!router.bias().equals(NONE)) {
      kernels.addBias(scratch.router, router.bias(), rows, shape.experts());
    }
    for (int row = 0; row < rows; row++) {
      pick(row);
    }
    groupByExpert(rows);
    out.asSlice(0, (long) rows * hidden * Float.BYTES).fill((byte) 0);
    for (int e = 0; e < experts.length; e++) {
      int count = firstOf[e + 1] - firstOf[e];
      if (count > 0) {
        runExpert(experts[e], firstOf[e], count, input, out);
      }
    }
  }

  /** The likeliest experts of a row, and their softmax weights. */
  private void pick(int row) {
    int used = shape.expertsUsed();
    MemorySegment.copy(
        scratch.router, FLOAT, (long) row * logits.length * Float.BYTES, logits, 0, logits.length);
    for (int i = 0; i < used; i++) {
      int best = -1;
      for (int e = 0; e < logits.length; e++) {
        if ((best < 0 || logits[e] > logits[best]) && !isPicked(row, i, e)) {
          best = e;
        }
      }
      picked[row * used + i] = best;
    }
    double greatest = logits[picked[row * used]];
    double total = 0;
    for (int i = 0; i < (shape.normalizeExperts() ? used : logits.length); i++) {
      int expert = shape.normalizeExperts() ? picked[row * used + i] : i;
      total += Math.exp(logits[expert] - greatest);
    }
    for (int i = 0; i < used; i++) {
      double probability = Math.exp(logits[picked[row * used + i]] - greatest) / total;
      pickedWeight[row * used + i] = (float) (probability * shape.expertScale());
    }
  }

  private boolean isPicked(int row, int picks, int expert) {
    for (int i = 0; i < picks; i++) {
      if (picked[row * shape.expertsUsed() + i] == expert) {
        return true;
      }
    }
    return false;
  }

  private void groupByExpert(int rows) {
    int used = shape.expertsUsed();
    Arrays.fill(firstOf, 0);
    for (int i = 0; i < rows * used; i++) {
      firstOf[picked[i] + 1]++;
    }
    for (int e = 0; e < shape.experts(); e++) {
      firstOf[e + 1] += firstOf[e];
      nextOf[e] = firstOf[e];
    }
    for (int i = 0; i < rows * used; i++) {
      int at = nextOf[picked[i]]++;
      rowsByExpert.setAtIndex(INT, at, i / used);
      weightsByExpert.setAtIndex(FLOAT, at, pickedWeight[i]);
    }
  }

  private void runExpert(
      CpuWeights.Dense expert, int first, int count, MemorySegment input, MemorySegment out) {
    MemorySegment index = rowsByExpert.asSlice((long) first * Integer.BYTES);
    MemorySegment weight = weightsByExpert.asSlice((long) first * Float.BYTES);
    MemorySegment[] inner = expert.gated() ? gateUp : upAlone;
    int width = expert.down().matrix().columns();
    kernels.gatherRows(input, index, count, hidden, scratch.expertInput);
    kernels.matmul(scratch.expertInput, count, expert.inner(), inner);
    for (int i = 0; i < inner.length; i++) {
      if (!expert.innerBias()[i].equals(NONE)) {
        kernels.addBias(inner[i], expert.innerBias()[i], count, width);
      }
    }
    kernels.gate(
        activation,
        scratch.gate,
        expert.gated() ? scratch.up : NONE,
        (long) count * width,
        scratch.gate);
    kernels.matmul(scratch.gate, count, expert.down().alone(), toExpertOutput);
    if (!expert.down().bias().equals(NONE)) {
      kernels.addBias(scratch.expertOutput, expert.down().bias(), count, hidden);
    }
    kernels.scatterAddRows(scratch.expertOutput, index, weight, count, hidden, out);
  }
}
