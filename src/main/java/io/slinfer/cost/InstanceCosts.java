package io.slinfer.cost;

/**
 * What one model costs on one kind of device.
 *
 * @param safety predictions are multiplied by this (1.05 on GPU, 1.10 on CPU in the paper)
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

  /** Bytes of one KV block of this many tokens. */
  public long blockBytes(int blockTokens) {
    return shape.kvBytesPerToken() * blockTokens;
  }
}
