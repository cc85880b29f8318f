package io.slinfer.placement;

import io.slinfer.admission.DeviceSnapshot;
import io.slinfer.admission.InstanceSnapshot;
import io.slinfer.cost.MemoryTimes;
import io.slinfer.placement.Placement.NoCapacity;
import io.slinfer.placement.Placement.Resumed;
import java.util.ArrayList;
import java.util.List;

/** When a paused instance comes back to its device, and who leaves for it. */
record Comeback(Room room, Swap swap, MemoryTimes times, SlinferPlacement.Tuning tuning) {

  Placement of(DeviceSnapshot device, InstanceSnapshot parked, ClusterView view, long nowNanos) {
    if (tuning.hopelessLast() && parked.hopeful() == 0 && !view.queued().isEmpty()) {
      return new NoCapacity();
    }
    Worth worth = new Worth(tuning, view);
    long blockBytes = parked.costs().blockBytes(device.spec().kvBlockTokens());
    long weightBytes = parked.costs().shape().weightBytes();
    long mostBlocks = (device.spec().capacityBytes() - weightBytes) / blockBytes;
    int blocks = (int) Math.min(parked.comebackBlocks(), mostBlocks);
    blocks = Math.max(blocks, parked.promisedBlocks());
    long missing = weightBytes + (blocks - parked.promisedBlocks()) * blockBytes;
    missing -= device.spec().capacityBytes() - device.promisedBytes();
    int slots = device.freeSlots();
    List<Integer> leaving = new ArrayList<>();
    for (InstanceSnapshot idle : room.leastWantedFirst(device, worth)) {
      if (slots <= 0 || missing > 0) {
        leaving.add(idle.index());
        missing -= idle.promisedBytes(device.spec());
        slots++;
      }
    }
    if (slots > 0 && missing <= 0) {
      return new Resumed(device.index(), parked.index(), blocks, leaving);
    }
    if (tuning.swapping()) {
      InstanceSnapshot calm = swap.forParked(device, parked, leaving, missing, nowNanos);
      if (calm != null) {
        leaving.add(calm.index());
        return new Resumed(device.index(), parked.index(), blocks, leaving);
      }
    }
    if (!tuning.displaces(device.spec())) {
      return new NoCapacity();
    }
    long slackNanos = parked.deadlineNanos() - nowNanos - times.loadNanos(parked.costs().shape());
    if (slackNanos / 1e9 > tuning.urgentSeconds()) {
      return new NoCapacity();
    }
    InstanceSnapshot victim = victim(device, leaving, missing, worth, parked.hopeful());
    if (victim == null) {
      return new NoCapacity();
    }
    leaving.add(victim.index());
    return new Resumed(device.index(), parked.index(), blocks, leaving);
  }

  /** The instance of least worth that is enough and worth less; null if there is none. */
  private InstanceSnapshot victim(
      DeviceSnapshot device,
      List<Integer> leaving,
      long missingBytes,
      Worth worth,
      double newcomerWorth) {
    InstanceSnapshot best = null;
    double leastWorth = newcomerWorth / tuning.advantage();
    for (InstanceSnapshot victim : device.instances()) {
      boolean enough = victim.promisedBytes(device.spec()) >= missingBytes;
      boolean leaves =
          victim.open()
              && !victim.loading()
              && !victim.stays()
              && !leaving.contains(victim.index());
      if (leaves && enough && worth.of(victim) < leastWorth) {
        leastWorth = worth.of(victim);
        best = victim;
      }
    }
    return best;
  }
}
