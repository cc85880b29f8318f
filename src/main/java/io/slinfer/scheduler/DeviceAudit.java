package io.slinfer.scheduler;

import io.slinfer.memory.Ledger;
import io.slinfer.request.RequestLife;
import java.util.function.BiConsumer;

/**
 * Checks that the books of one device add up: what the ledger says is the sum over the instances,
 * nothing exceeds the capacity or, paused, the host's, promises are kept once no memory work is
 * left, and every KV block is either free or held by one request. For tests and simulations;
 * O(requests on the device).
 */
public final class DeviceAudit {

  private DeviceAudit() {}

  /**
   * Checks a device between two events.
   *
   * @param visitor gets each request on the device, once for each place it has, with its instance
   * @throws IllegalStateException naming the device and the rule that does not hold
   */
  public static void check(DeviceLoop device, BiConsumer<RequestLife, Instance> visitor) {
    Ledger ledger = device.ledger();
    long promisedBytes = 0;
    long heldBytes = 0;
    boolean settled = device.memoryIsIdle();
    for (Instance instance : device.instances()) {
      promisedBytes += instance.promisedBytes();
      heldBytes += instance.heldBytes();
      settled &= instance.actions.isEmpty() && !instance.acting && !instance.hasSpareBlocks();
      checkBlocks(device, instance, visitor);
      require(
          instance.knowsItsSums(device.nowNanos()),
          device,
          instance + " does not know what its requests come to");
    }
    if (!device.spec().memoryMoves()) {
      return;
    }
    require(
        device.hostKv().bytes() <= device.hostKv().mostBytes(),
        device,
        "paused KV of " + device.hostKv().bytes() + " bytes is more than the host keeps");
    require(
        promisedBytes == ledger.promisedBytes(),
        device,
        "the instances' promises sum to " + promisedBytes);
    require(heldBytes == ledger.actualBytes(), device, "the instances hold " + heldBytes);
    require(ledger.promisedBytes() <= ledger.capacityBytes(), device, "promised exceeds capacity");
    require(ledger.actualBytes() <= ledger.capacityBytes(), device, "actual exceeds capacity");
    if (settled) {
      require(ledger.promisedBytes() == ledger.actualBytes(), device, "no memory work is left");
    }
  }

  private static void checkBlocks(
      DeviceLoop device, Instance instance, BiConsumer<RequestLife, Instance> visitor) {
    int held = 0;
    for (Iterable<RequestLife> place : instance.places()) {
      for (RequestLife request : place) {
        visitor.accept(request, instance);
        held += request.heldBlocks();
      }
    }
    require(
        held == instance.usedBlocks,
        device,
        instance + " counts " + instance.usedBlocks + " used blocks, its requests hold " + held);
    require(
        instance.usedBlocks <= instance.heldBlocks,
        device,
        instance + " uses " + instance.usedBlocks + " of " + instance.heldBlocks + " blocks");
  }

  private static void require(boolean holds, DeviceLoop device, String what) {
    if (!holds) {
      throw new IllegalStateException(
          device.spec().id() + ": " + what + " (" + device.ledger() + ")");
    }
  }
}
