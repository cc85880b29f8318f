package io.slinfer.scheduler;

import io.slinfer.admission.DeviceSnapshot;
import io.slinfer.admission.InstanceSnapshot;
import io.slinfer.cost.DeviceSpec;
import io.slinfer.request.RequestLife;
import io.slinfer.request.RequestState;
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

  /** Leaving, waiting and loading again take a 13b model about this long. */
  private static final long TIGHT_SLACK_NANOS = 5_000_000_000L;

  /**
   * The device as it is.
   *
   * @param present whether the device is there; an absent one has no slots
   */
  DeviceSnapshot take(
      List<Instance> instances,
      long promisedBytes,
      boolean present,
      double costFactor,
      long nowNanos) {
    int slotsUsed = 0;
    List<InstanceSnapshot> views = new ArrayList<>(instances.size());
    long stepStartNanos = Long.MAX_VALUE;
    for (Instance instance : instances) {
      views.add(view(instance, nowNanos));
      slotsUsed += memory.isParked(instance) ? 0 : 1;
      if (instance.stepping) {
        stepStartNanos = Math.min(stepStartNanos, instance.stepStartNanos);
      }
    }
    return new DeviceSnapshot(
        index,
        spec,
        promisedBytes,
        stepStartNanos,
        present ? spec.slots() - slotsUsed : 0,
        costFactor,
        List.copyOf(views));
  }

  private InstanceSnapshot view(Instance instance, long nowNanos) {
    long tokens = 0;
    long prefillNanos = 0;
    int hopeful = 0;
    int tight = 0;
    long prefillDeadlineNanos = Long.MAX_VALUE;
    long decodeDeadlineNanos = Long.MAX_VALUE;
    for (Iterable<RequestLife> place :
        List.of(instance.waiting, instance.running, instance.aside)) {
      for (RequestLife request : place) {
        hopeful += request.isHopeful(nowNanos) ? 1 : 0;
        tight += request.slackNanos(nowNanos) < TIGHT_SLACK_NANOS ? 1 : 0;
        tokens += request.totalTokens();
        if (request.state() == RequestState.PREFILLING) {
          prefillNanos += instance.prefillNanos(request);
          prefillDeadlineNanos = Math.min(prefillDeadlineNanos, request.deadlineNanos());
        } else {
          decodeDeadlineNanos = Math.min(decodeDeadlineNanos, request.deadlineNanos());
        }
      }
    }
    int reserveTokens = settings.sizing().reserveTokens();
    return new InstanceSnapshot(
        instance.index(),
        instance.model(),
        instance.expected,
        !instance.loaded,
        !instance.draining && !instance.paused && !instance.retired,
        instance.weightsPromised,
        instance.promisedBlocks,
        instance.requestCount(),
        hopeful,
        tight,
        tokens,
        instance.neededBlocks(reserveTokens),
        instance.comebackBlocks(reserveTokens),
        spareBlocks(instance, nowNanos),
        prefillDeadlineNanos,
        decodeDeadlineNanos,
        prefillNanos,
        instance.tokenNanos(),
        instance.stays,
        memory.isParked(instance));
  }

  /** Blocks of requests that can be set aside now. */
  private int spareBlocks(Instance instance, long nowNanos) {
    if (!settings.requestPausing() || !spec.memoryMoves() || instance.paused) {
      return 0;
    }
    int blocks = 0;
    for (RequestLife request : instance.running) {
      boolean spare =
          request.state() == RequestState.DECODING
              && request.slackNanos(nowNanos) >= KvRelief.SPARE_SLACK_NANOS;
      blocks += spare ? request.heldBlocks() : 0;
    }
    return instance.blockBytes(blocks) <= hostKv.roomBytes() ? blocks : 0;
  }
}
