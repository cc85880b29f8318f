package io.slinfer.cost;

/**
 * What one model costs on one kind of device.
 *
 * @param safety predictions are multiplied by this: {@link SafetyMargins#ofSteps}, and what was
 *     learnt by {@link CostCorrection}
 * @param exclusiveBatchLimit most requests of an instance that has the device to itself (baselines)
 * @param halfShareBatchLimit most requests of an instance on half a device (baselines)
 */
public record InstanceCosts(
    ModelShape shape,
    LatencyProfile latency,
    double safety,
    int exclusiveBatchLimit,
    int halfShareBatchLimit) {

  /** Predicted prefill of one prompt, with the safety factor. */
  public long prefillNanos(int tokens) {
    return Math.round(latency.prefillNanos(tokens) * safety);
  }

  /** Predicted decode step, with the safety factor. */
  public long decodeNanos(long totalTokens, int batch) {
    return batch == 0
        ? 0
        : Math.round(latency.decodeNanos((double) totalTokens / batch, batch) * safety);
  }

  /** The same with steps that take {@code factor} times as long. */
  public InstanceCosts slowedBy(double factor) {
    return factor == 1
        ? this
        : new InstanceCosts(
            shape, latency, safety * factor, exclusiveBatchLimit, halfShareBatchLimit);
  }

  /** Bytes of one KV block of this many tokens. */
  public long blockBytes(int blockTokens) {
    return shape.kvBytesPerToken() * blockTokens;
  }
}
