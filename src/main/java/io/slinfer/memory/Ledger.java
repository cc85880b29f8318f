package io.slinfer.memory;

/**
 * A device's account of bytes: <em>promised</em> is what decisions have given out, <em>actual</em>
 * what the device holds or is about to hold (growth counts when it is handed to the device, release
 * when the device has done it). Neither may exceed the capacity.
 *
 * <p>Confined to the device's owner.
 */
public final class Ledger {

  private final long capacityBytes;
  private long promisedBytes;
  private long actualBytes;

  public Ledger(long capacityBytes) {
    this.capacityBytes = capacityBytes;
  }

  public long capacityBytes() {
    return capacityBytes;
  }

  public long promisedBytes() {
    return promisedBytes;
  }

  public long actualBytes() {
    return actualBytes;
  }

  /** Bytes that decisions may still give out. */
  public long unpromisedBytes() {
    return capacityBytes - promisedBytes;
  }

  /** Changes what is promised; the caller has checked that it fits. */
  public void promise(long deltaBytes) {
    promisedBytes += deltaBytes;
    assert promisedBytes >= 0 && promisedBytes <= capacityBytes : this;
  }

  /** Whether the device has room for {@code deltaBytes} more now. */
  public boolean fits(long deltaBytes) {
    return actualBytes + deltaBytes <= capacityBytes;
  }

  /** Changes what the device holds; growth must fit. */
  public void hold(long deltaBytes) {
    actualBytes += deltaBytes;
    assert actualBytes >= 0 && actualBytes <= capacityBytes : this;
  }

  @Override
  public String toString() {
    return "promised " + promisedBytes + ", actual " + actualBytes + " of " + capacityBytes;
  }
}
