package io.slinfer.placement;

import io.slinfer.admission.DeviceSnapshot;
import io.slinfer.admission.InstanceSnapshot;
import io.slinfer.cost.DeviceKind;

/**
 * Where a request could go.
 *
 * @param before the instance as it is, or a fresh one
 * @param after the same with the request
 */
record Target(DeviceSnapshot device, InstanceSnapshot before, InstanceSnapshot after) {

  /** Whether the instance is not on its device: it must be opened, or comes back from the host. */
  boolean takesSlot() {
    return before.index() < 0 || before.parked();
  }

  boolean onGpu() {
    return device.spec().kind() == DeviceKind.GPU;
  }

  /** Bytes that are promised to nobody once {@code freedBytes} are given back. */
  long roomBytes(long freedBytes) {
    return device.spec().capacityBytes() - device.promisedBytes() + freedBytes;
  }
}
