package io.slinfer.placement;

import io.slinfer.admission.DeviceSnapshot;
import io.slinfer.admission.InstanceSnapshot;
import io.slinfer.admission.SlackTest;
import io.slinfer.cost.DeviceSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Slots and memory: what must leave a device for a newcomer, and how much KV it gets. Instances
 * without requests make room, the least wanted first.
 */
record Room(SlackTest test, SlinferPlacement.Tuning tuning) {

  /** How many times the KV that fits the requests of an instance may need, with those set aside. */
  private static final double MOST_CROWDED = 1.5;

  /**
   * What leaves a device.
   *
   * @param victims instances
   * @param bytes what they give back
   */
  record Leaving(List<Integer> victims, long bytes) {
    private static final Optional<Leaving> NOBODY = Optional.of(new Leaving(List.of(), 0));
  }

  /** Slots that are free or can be had from instances without requests. */
  int slots(DeviceSnapshot device) {
    int slots = device.freeSlots();
    for (InstanceSnapshot instance : device.instances()) {
      slots += makesRoom(device, instance) ? 1 : 0;
    }
    return slots;
  }

  private boolean makesRoom(DeviceSnapshot device, InstanceSnapshot instance) {
    return tuning.resident() && device.spec().memoryMoves() && instance.idle();
  }

  /** Instances that may go because they have no requests. */
  List<InstanceSnapshot> leastWantedFirst(DeviceSnapshot device, Worth worth) {
    List<InstanceSnapshot> idle = new ArrayList<>();
    for (InstanceSnapshot instance : device.instances()) {
      if (makesRoom(device, instance)) {
        idle.add(instance);
      }
    }
    idle.sort(Comparator.comparingDouble(instance -> worth.expected(instance.model())));
    return idle;
  }

  /**
   * What must leave so that the target has a slot and its memory: the victim, if there is one, and
   * instances without requests. Empty if that is not enough.
   *
   * @param victim null for none
   */
  Optional<Leaving> leaving(Target target, Worth worth, InstanceSnapshot victim) {
    DeviceSpec spec = target.device().spec();
    return leaving(target, worth, victim, victim == null ? 0 : victim.bytesGivenBack(spec));
  }

  /** The same for a victim that ends, with all that it has. */
  Optional<Leaving> ending(Target target, Worth worth, InstanceSnapshot victim) {
    return leaving(target, worth, victim, victim.promisedBytes(target.device().spec()));
  }

  private Optional<Leaving> leaving(
      Target target, Worth worth, InstanceSnapshot victim, long victimBytes) {
    DeviceSnapshot device = target.device();
    int slots = target.takesSlot() && victim == null ? device.freeSlots() : 1;
    long bytes = victimBytes;
    if (slots > 0 && memoryHolds(target, bytes)) {
      return victim == null
          ? Leaving.NOBODY
          : Optional.of(new Leaving(List.of(victim.index()), bytes));
    }
    List<Integer> victims = new ArrayList<>();
    if (victim != null) {
      victims.add(victim.index());
    }
    for (InstanceSnapshot instance : leastWantedFirst(device, worth)) {
      if (instance.index() == target.before().index() || victims.contains(instance.index())) {
        continue;
      }
      victims.add(instance.index());
      bytes += instance.promisedBytes(device.spec());
      slots++;
      if (slots > 0 && memoryHolds(target, bytes)) {
        return Optional.of(new Leaving(victims, bytes));
      }
    }
    return Optional.empty();
  }

  private boolean memoryHolds(Target target, long freedBytes) {
    DeviceSpec spec = target.device().spec();
    long missing = test.missingBytes(spec, target.after());
    if (!spec.memoryMoves()) {
      return missing == 0;
    }
    return missing <= target.roomBytes(freedBytes) || canBeMade(target, missing, freedBytes);
  }

  /** Whether requests with slack can be set aside for it, and not too many would wait in turn. */
  private boolean canBeMade(Target target, long missingBytes, long freedBytes) {
    InstanceSnapshot before = target.before();
    if (!tuning.requestPausing() || !before.open() || before.loading()) {
      return false;
    }
    long blockBytes = before.costs().blockBytes(target.device().spec().kvBlockTokens());
    long room = target.roomBytes(freedBytes);
    long fits = before.promisedBlocks() + room / blockBytes;
    return missingBytes <= room + before.spareBlocks() * blockBytes
        && target.after().neededBlocks() <= fits * MOST_CROWDED;
  }

  /** How much KV the target gets. */
  int blocks(Target target, long freedBytes) {
    DeviceSpec spec = target.device().spec();
    InstanceSnapshot after = target.after();
    int minimum = test.sizing().minimumBlocks(after.neededBlocks(), spec.kvBlockTokens());
    if (!spec.memoryMoves() || minimum <= after.promisedBlocks()) {
      return after.promisedBlocks();
    }
    long blockBytes = after.costs().blockBytes(spec.kvBlockTokens());
    long room = target.roomBytes(freedBytes);
    long left = room - test.missingBytes(spec, after);
    if (left < 0) {
      return after.promisedBlocks() + (int) (room / blockBytes);
    }
    return test.sizing().grownBlocks(after.neededBlocks(), spec.kvBlockTokens(), left / blockBytes);
  }
}
