package io.slinfer.cluster;

/**
 * A device as its node tells the others.
 *
 * @param kind of its engine
 * @param detail one line: kernels, instruction set, threads
 * @param promisedBytes what decisions have given out
 * @param actualBytes what it holds
 * @param running requests on its instances whose computing has begun
 * @param waiting the others on its instances
 * @param sequence grows with each change
 */
public record DeviceState(
    String node,
    String device,
    String kind,
    String detail,
    long capacityBytes,
    long promisedBytes,
    long actualBytes,
    int running,
    int waiting,
    long sequence) {

  /** The same with another number. */
  public DeviceState numbered(long number) {
    return new DeviceState(
        node,
        device,
        kind,
        detail,
        capacityBytes,
        promisedBytes,
        actualBytes,
        running,
        waiting,
        number);
  }
}
