package io.slinfer.admission;

import io.slinfer.cost.DeviceSpec;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.request.ModelId;

/**
 * An instance at one moment, as admission, placement and packing see it; immutable.
 *
 * @param index which instance of its device
 * @param loadedNanos when its weights came onto the device; Long.MAX_VALUE before
 * @param loading its weights are not on the device yet
 * @param open takes requests (not draining)
 * @param weightsPromised the ledger has given it room for its weights
 * @param promisedBlocks KV blocks the ledger has given it
 * @param batch requests on it
 * @param hopeful those of them that can still keep their promise
 * @param tight those of the hopeful that have so little slack that a pause would break it
 * @param totalTokens prompt and generated tokens of those
 * @param neededBlocks blocks they need with their reserve
 * @param comebackBlocks blocks with which it can come back from the host
 * @param spareBlocks blocks of requests with so much slack that they can be set aside on the host
 * @param prefillDeadlineNanos the earliest deadline of those that wait for prefill; Long.MAX_VALUE
 *     with none
 * @param decodeDeadlineNanos the earliest deadline of the others; Long.MAX_VALUE with none
 * @param dueNanos when the first token of the others should come, however much slack there is;
 *     Long.MAX_VALUE with none that can keep its promise
 * @param prefillNanos predicted prefill work of those that wait for it
 * @param tokenNanos the least time per token that its requests were promised; Long.MAX_VALUE with
 *     none
 * @param stays it may not leave for another model: pinned, or not here long enough
 * @param pausable there is room for its keys and values while it is paused
 * @param parked it has left the device; its keys and values are on the host
 * @param retiring it takes no more requests and soon has none
 */
public record InstanceSnapshot(
    int index,
    ModelId model,
    InstanceCosts costs,
    long loadedNanos,
    boolean loading,
    boolean open,
    boolean weightsPromised,
    int promisedBlocks,
    int batch,
    int hopeful,
    int tight,
    long totalTokens,
    int neededBlocks,
    int comebackBlocks,
    int spareBlocks,
    long prefillDeadlineNanos,
    long decodeDeadlineNanos,
    long dueNanos,
    long prefillNanos,
    long tokenNanos,
    boolean stays,
    boolean pausable,
    boolean parked,
    boolean retiring) {

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
        Long.MAX_VALUE,
        device.memoryMoves(),
        true,
        !device.memoryMoves(),
        blocks,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        Long.MAX_VALUE,
        Long.MAX_VALUE,
        Long.MAX_VALUE,
        0,
        Long.MAX_VALUE,
        false,
        false,
        false,
        false);
  }

  /** This instance with one more request. */
  public InstanceSnapshot with(Candidate request, DeviceSpec device, int reserveTokens) {
    return new InstanceSnapshot(
        index,
        model,
        costs,
        loadedNanos,
        loading,
        open,
        weightsPromised,
        promisedBlocks,
        batch + 1,
        hopeful + 1,
        tight + 1,
        totalTokens + request.tokens(),
        neededBlocks + device.blocksFor(request.tokens() + reserveTokens),
        comebackBlocks,
        spareBlocks,
        Math.min(prefillDeadlineNanos, request.deadlineNanos()),
        decodeDeadlineNanos,
        dueNanos,
        prefillNanos + costs.prefillNanos(request.tokens()),
        Math.min(tokenNanos, request.tokenNanos()),
        stays,
        pausable,
        parked,
        retiring);
  }

  /** Whether it could serve at once but has no request, and may leave for another model. */
  public boolean idle() {
    return open && !loading && batch == 0 && !stays;
  }

  /** Whether it is away, on its way there, or coming back. */
  public boolean paused() {
    return comebackBlocks > 0;
  }

  /** The earliest deadline of its requests; Long.MAX_VALUE with none. */
  public long deadlineNanos() {
    return Math.min(prefillDeadlineNanos, decodeDeadlineNanos);
  }

  /** Predicted time of one decode step of all its requests. */
  public long decodeNanos() {
    return costs.decodeNanos(totalTokens, batch);
  }

  /** Bytes that it gives back when it is paused, or leaves without a request. */
  public long bytesGivenBack(DeviceSpec device) {
    return batch > 0 && device.keepsPausedKv()
        ? costs.shape().weightBytes()
        : promisedBytes(device);
  }

  /** Bytes promised to it: weights and KV. */
  public long promisedBytes(DeviceSpec device) {
    return (weightsPromised ? costs.shape().weightBytes() : 0)
        + promisedBlocks * costs.blockBytes(device.kvBlockTokens());
  }
}
