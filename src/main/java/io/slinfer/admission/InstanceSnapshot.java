package io.slinfer.admission;

import io.slinfer.cost.DeviceSpec;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.request.ModelId;

/**
 * An instance at one moment, as admission, placement and packing see it; immutable.
 *
 * @param index which instance of its device
 * @param loading its weights are not on the device yet
 * @param open takes requests (not draining)
 * @param weightsPromised the ledger has given it room for its weights
 * @param promisedBlocks KV blocks the ledger has given it
 * @param batch requests on it
 * @param totalTokens prompt and generated tokens of those
 * @param neededBlocks blocks they need with their reserve
 * @param deadlineNanos the earliest of their deadlines; Long.MAX_VALUE with none
 * @param prefillNanos predicted prefill work of those that wait for it
 */
public record InstanceSnapshot(
    int index,
    ModelId model,
    InstanceCosts costs,
    boolean loading,
    boolean open,
    boolean weightsPromised,
    int promisedBlocks,
    int batch,
    long totalTokens,
    int neededBlocks,
    long deadlineNanos,
    long prefillNanos) {

  /** A new instance of a model on a device, before anything is promised to it. */
  public static InstanceSnapshot fresh(ModelId model, InstanceCosts costs, DeviceSpec device) {
    int blocks =
        device.memoryMoves()
            ? 0
            : (int) (device.fixedKvBytes() / costs.blockBytes(device.kvBlockTokens()));
    return new InstanceSnapshot(
        -1,
        model,
        costs,
        device.memoryMoves(),
        true,
        !device.memoryMoves(),
        blocks,
        0,
        0,
        0,
        Long.MAX_VALUE,
        0);
  }

  /** This instance with one more request. */
  public InstanceSnapshot with(Candidate request, DeviceSpec device, int reserveTokens) {
    return new InstanceSnapshot(
        index,
        model,
        costs,
        loading,
        open,
        weightsPromised,
        promisedBlocks,
        batch + 1,
        totalTokens + request.tokens(),
        neededBlocks + device.blocksFor(request.tokens() + reserveTokens),
        Math.min(deadlineNanos, request.deadlineNanos()),
        prefillNanos + costs.prefillNanos(request.tokens()));
  }

  /** Predicted time of one decode step of all its requests. */
  public long decodeNanos() {
    return costs.decodeNanos(totalTokens, batch);
  }

  /** Bytes promised to it: weights and KV. */
  public long promisedBytes(DeviceSpec device) {
    return (weightsPromised ? costs.shape().weightBytes() : 0)
        + promisedBlocks * costs.blockBytes(device.kvBlockTokens());
  }
}
