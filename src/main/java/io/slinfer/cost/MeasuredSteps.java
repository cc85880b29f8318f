package io.slinfer.cost;

import java.util.List;

/**
 * Step times of one model on one device as {@link StepProbe} has measured them. Immutable.
 *
 * @param prefills pairs of prompt tokens and milliseconds
 * @param decodes one row for each of those lengths
 */
public record MeasuredSteps(List<double[]> prefills, List<Row> decodes) {

  /**
   * Decode iterations at one length.
   *
   * @param batches pairs of batch size and milliseconds
   */
  public record Row(int tokens, List<double[]> batches) {

    public Row {
      batches = List.copyOf(batches);
    }
  }

  public MeasuredSteps {
    prefills = List.copyOf(prefills);
    decodes = List.copyOf(decodes);
  }

  /** Whether nothing was measured. */
  public boolean isEmpty() {
    return decodes.isEmpty();
  }
}
