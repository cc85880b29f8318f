package io.slinfer.scheduler;

import io.slinfer.admission.DeviceSnapshot;
import io.slinfer.admission.InstanceSnapshot;
import io.slinfer.cost.DeviceSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes the immutable picture of a device that decisions work on. O(requests on the device).
 *
 * <p>Confined to the device's owner.
 *
 * @param index which device of the cluster
 */
record SnapshotTaker(
    int index, DeviceSpec spec, DeviceSettings settings, MemoryWork memory, HostKv hostKv) {

  /** Who has taken longer to leave may take much longer. */
  private static final long SOON_NANOS = 10_000_000_000L;

  /** The device as it is; an absent one has no slots. */
  DeviceSnapshot take(DeviceState device) {
    long nowNanos = device.timers.nowNanos();
    List<Instance> instances = device.instances;
    int slotsUsed = 0;
    List<InstanceSnapshot> views = new ArrayList<>(instances.size());
    long stepStartNanos = Long.MAX_VALUE;
    long hostRoomBytes = settings.requestPausing() && spec.memoryMoves() ? hostKv.roomBytes() : 0;
    for (Instance instance : instances) {
      views.add(view(instance, hostRoomBytes, nowNanos));
      slotsUsed += memory.isParked(instance) ? 0 : 1;
      if (instance.stepping) {
        stepStartNanos = Math.min(stepStartNanos, instance.stepStartNanos);
      }
    }
    return new DeviceSnapshot(
        index,
        spec,
        device.ledger.promisedBytes(),
        stepStartNanos,
        device.present ? spec.slots() - slotsUsed : 0,
        device.costFactor(),
        device.loadNanosPerByte(),
        List.copyOf(views));
  }

  private InstanceSnapshot view(Instance instance, long hostRoomBytes, long nowNanos) {
    int reserveTokens = settings.sizing().reserveTokens();
    RequestSums sums = instance.sums(nowNanos, reserveTokens);
    return new InstanceSnapshot(
        instance.index(),
        instance.model(),
        instance.expected,
        instance.loadedNanos,
        !instance.loaded,
        !instance.draining && !instance.paused && !instance.retired,
        instance.weightsPromised,
        instance.promisedBlocks,
        instance.requestCount(),
        sums.hopeful,
        sums.tight,
        sums.tokens,
        sums.neededBlocks,
        instance.paused ? instance.comebackBlocks(reserveTokens) : 0,
        spareBlocks(instance, sums, hostRoomBytes),
        sums.prefillDeadlineNanos,
        sums.decodeDeadlineNanos,
        sums.dueNanos,
        sums.prefillNanos,
        sums.tokenNanos,
        instance.stays,
        !instance.paused && hostKv.hasRoomFor(instance),
        memory.isParked(instance),
        instance.retired && nowNanos - instance.retiredNanos < SOON_NANOS);
  }

  /** Blocks of requests that can be set aside now. */
  private static int spareBlocks(Instance instance, RequestSums sums, long hostRoomBytes) {
    boolean fits = !instance.paused && instance.blockBytes(sums.spareBlocks) <= hostRoomBytes;
    return fits ? sums.spareBlocks : 0;
  }
}
