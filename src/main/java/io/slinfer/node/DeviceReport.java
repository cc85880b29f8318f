package io.slinfer.node;

import io.slinfer.cost.DeviceKind;
import io.slinfer.request.DeviceId;
import io.slinfer.scheduler.DeviceLoop;

/**
 * A device's ledger.
 *
 * @param promisedBytes what decisions have given out
 * @param actualBytes what the device holds
 */
public record DeviceReport(
    DeviceId device,
    DeviceKind kind,
    long capacityBytes,
    long promisedBytes,
    long actualBytes,
    int instances) {

  static DeviceReport of(DeviceLoop loop) {
    return new DeviceReport(
        loop.spec().id(),
        loop.spec().kind(),
        loop.ledger().capacityBytes(),
        loop.ledger().promisedBytes(),
        loop.ledger().actualBytes(),
        loop.instances().size());
  }
}
