package io.slinfer.cost;

import io.slinfer.request.DeviceId;

/**
 * What a device is to the scheduler.
 *
 * @param capacityBytes bytes for weights and KV that the ledger may give out; ignored where {@code
 *     fixedKvBytes} is set
 * @param slots how many instances it may hold at once
 * @param kvBlockTokens tokens in one KV block
 * @param fixedKvBytes the fixed KV pool of every instance (CPU); 0 where KV is given out (GPU)
 * @param decodeQuota decode steps an instance may run before the device chooses again
 */
public record DeviceSpec(
    DeviceId id,
    DeviceKind kind,
    long capacityBytes,
    int slots,
    int kvBlockTokens,
    long fixedKvBytes,
    int decodeQuota) {

  public DeviceSpec {
    if (slots < 1 || kvBlockTokens < 1 || decodeQuota < 1) {
      throw new IllegalArgumentException(
          "device " + id + ": slots, kv-block-tokens and decode-quota must be 1 or more");
    }
  }

  /** Whether weights and KV come and go; otherwise every model is at hand and KV is fixed. */
  public boolean memoryMoves() {
    return fixedKvBytes == 0;
  }

  /**
   * Whether the keys and values of a paused instance stay where they are and only its weights
   * leave: the host of a CPU is the CPU.
   */
  public boolean keepsPausedKv() {
    return kind == DeviceKind.CPU && memoryMoves();
  }

  /** How many blocks hold this many tokens. */
  public int blocksFor(int tokens) {
    return (tokens + kvBlockTokens - 1) / kvBlockTokens;
  }
}
