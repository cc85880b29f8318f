package io.slinfer.node;

/** The bytes that all KV slabs of a device may hold. Confined to the device's owner. */
final class KvBudget {

  private long capacityBytes;
  private long takenBytes;

  KvBudget(long capacityBytes) {
    this.capacityBytes = capacityBytes;
  }

  long capacityBytes() {
    return capacityBytes;
  }

  /** How many pieces of {@code bytes} fit into what is left. */
  long room(long bytes) {
    return (capacityBytes - takenBytes) / bytes;
  }

  void take(long bytes) {
    takenBytes += bytes;
    assert takenBytes <= capacityBytes : takenBytes + " of " + capacityBytes;
  }

  /** The device has no more than this. */
  void limitToTaken() {
    capacityBytes = takenBytes;
  }

  void giveBack(long bytes) {
    takenBytes -= bytes;
    assert takenBytes >= 0 : takenBytes;
  }
}
