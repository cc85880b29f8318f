package io.slinfer.engine.gpu;

import io.slinfer.engine.EngineEvent.SequenceOutput;
import io.slinfer.engine.Sequence;
import io.slinfer.engine.device.OutputDrawer;
import io.slinfer.engine.device.PooledStates;
import io.slinfer.model.Architecture;
import io.slinfer.model.ModelDescription;
import io.slinfer.request.TokenDraw;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Brings what a pass has computed to the host: greedy choices where they are all that is wanted,
 * else logits or hidden states. Confined to the step thread.
 */
final class StepOutputs implements AutoCloseable {

  private static final int ROWS = ModelDescription.LOGIT_ROWS;
  private static final int CHOICE_NUMBERS = 3;

  private final GpuDriver driver;
  private final OutputDrawer drawer;
  private final PooledStates pooled;
  private final int hidden;
  private final float[] logits;
  private final DeviceMemory.Pinned host;

  StepOutputs(
      GpuInstance.Device device,
      Architecture architecture,
      OutputDrawer drawer,
      PooledStates pooled) {
    this.driver = device.driver();
    this.drawer = drawer;
    this.pooled = pooled;
    this.hidden = architecture.hiddenSize();
    this.logits = new float[architecture.vocabularySize()];
    int widest = Math.max(hidden, logits.length);
    this.host = device.memory().pinned((long) ROWS * widest * Float.BYTES);
  }

  /** Whether all that a pass gives are greedy choices, one a row. */
  boolean choosesOnDevice(StepData data) {
    if (data.outputs() > ROWS || !data.isPlainDecode()) {
      return false;
    }
    for (int i = 0; i < data.outputs(); i++) {
      if (!drawer.wantsLikeliestAlone(data.outputSequence(i), data.outputPosition(i))) {
        return false;
      }
    }
    return true;
  }

  /** Takes the choices of a pass. */
  void takeGreedy(StepData data, GpuForwardPass pass, List<SequenceOutput> results) {
    int rows = data.outputs();
    MemorySegment choices = fetched(pass.greedyAddress(), (long) rows * CHOICE_NUMBERS);
    for (int i = 0; i < rows; i++) {
      results.add(
          drawer.take(
              data.outputSequence(i),
              data.outputPosition(i),
              choices.getAtIndex(ValueLayout.JAVA_INT, i),
              choices.getAtIndex(ValueLayout.JAVA_FLOAT, rows + i),
              choices.getAtIndex(ValueLayout.JAVA_FLOAT, 2L * rows + i)));
    }
  }

  /** Takes logits and states of a pass, in the order of its outputs. */
  void take(StepData data, GpuForwardPass pass, List<SequenceOutput> results) {
    int first = 0;
    while (first < data.outputs()) {
      boolean pools = data.pools(first);
      int end = first + 1;
      while (end < data.outputs() && end - first < ROWS && data.pools(end) == pools) {
        end++;
      }
      if (pools) {
        takeStates(data, pass, first, end, results);
      } else {
        takeLogits(data, pass, first, end, results);
      }
      first = end;
    }
  }

  private void takeLogits(
      StepData data, GpuForwardPass pass, int first, int end, List<SequenceOutput> results) {
    long from = pass.logits(first, end - first);
    MemorySegment rows = fetched(from, (long) (end - first) * logits.length);
    for (int i = first; i < end; i++) {
      long at = (long) (i - first) * logits.length * Float.BYTES;
      MemorySegment.copy(rows, ValueLayout.JAVA_FLOAT, at, logits, 0, logits.length);
      SequenceOutput drawn =
          drawer.take(data.outputSequence(i), data.outputPosition(i), logits, data.yieldsToken(i));
      if (drawn != null) {
        results.add(drawn);
      }
    }
  }

  private void takeStates(
      StepData data, GpuForwardPass pass, int first, int end, List<SequenceOutput> results) {
    long rowBytes = (long) hidden * Float.BYTES;
    MemorySegment rows = fetched(pass.states() + first * rowBytes, (long) (end - first) * hidden);
    for (int i = first; i < end; i++) {
      Sequence sequence = data.outputSequence(i);
      int position = data.outputPosition(i);
      if (sequence.sampling().pooling().takes(position, sequence.promptLength())) {
        pooled.add(sequence, position, rows.asSlice((i - first) * rowBytes, rowBytes));
      }
      if (data.yieldsToken(i)) {
        results.add(SequenceOutput.of(sequence, TokenDraw.of(pooled.take(sequence))));
      }
    }
  }

  private MemorySegment fetched(long address, long numbers) {
    MemorySegment part = host.segment().asSlice(0, numbers * Float.BYTES);
    driver.copyToHost(GpuDriver.COMPUTE, part, address);
    driver.synchronize(GpuDriver.COMPUTE);
    return part;
  }

  @Override
  public void close() {
    host.close();
  }
}
