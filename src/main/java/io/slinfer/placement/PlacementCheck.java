package io.slinfer.placement;

import io.slinfer.admission.DeviceSnapshot;
import io.slinfer.admission.InstanceSnapshot;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.placement.Placement.AfterPreemption;
import io.slinfer.placement.Placement.NewInstance;
import io.slinfer.placement.Placement.NoCapacity;
import io.slinfer.placement.Placement.OnInstance;
import io.slinfer.placement.Placement.Resumed;
import io.slinfer.placement.Placement.Retiring;
import io.slinfer.request.ModelId;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * Whether a device can carry a decision out: it names what is there, promises no more than the
 * device has, and makes nobody leave who may stay. A decision from old news may fail; one from the
 * device as it is is a defect of the policy.
 */
public final class PlacementCheck {

  private PlacementCheck() {}

  /**
   * Looks for a reason against a decision.
   *
   * @param model the request's; null when only an instance comes back
   * @param costs of a new instance, else null
   */
  public static Optional<String> objection(
      Placement placement, DeviceSnapshot device, ModelId model, InstanceCosts costs) {
    try {
      check(placement, device, model, costs);
      return Optional.empty();
    } catch (Objection objection) {
      return Optional.of(device.spec().id() + " " + objection.getMessage());
    }
  }

  private static final class Objection extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Objection(String what) {
      super(what, null, false, false);
    }
  }

  private static void check(
      Placement placement, DeviceSnapshot device, ModelId model, InstanceCosts costs) {
    switch (placement) {
      case OnInstance on -> {
        checkRoom(device, target(device, on.instance(), model), on.blocks(), on.victims());
      }
      case AfterPreemption after -> {
        InstanceSnapshot target = target(device, after.instance(), model);
        InstanceSnapshot victim = instance(device, after.victim());
        require(victim.batch() <= target.batch() + 1, "has a larger victim");
        checkRoom(device, target, after.blocks(), List.of(after.victim()));
      }
      case NewInstance fresh -> {
        checkSlot(device, fresh.victims());
        InstanceSnapshot target = InstanceSnapshot.fresh(model, costs, device.spec());
        checkRoom(device, target, fresh.blocks(), fresh.victims());
      }
      case Resumed resumed -> {
        InstanceSnapshot parked = instance(device, resumed.instance());
        require(parked.parked(), "has nothing parked as " + resumed.instance());
        checkSlot(device, resumed.victims());
        checkRoom(device, parked, resumed.blocks(), resumed.victims());
      }
      case Retiring retiring -> {
        InstanceSnapshot leaving = instance(device, retiring.instance());
        require(
            leaving.open() && !leaving.stays(), "cannot make " + retiring.instance() + " leave");
      }
      case NoCapacity none -> {}
    }
  }

  /** Who is on the way out still has a slot, but its successor may come in already. */
  private static void checkSlot(DeviceSnapshot device, List<Integer> victims) {
    long leaving =
        device.instances().stream()
            .filter(instance -> !instance.open() && !instance.parked())
            .count();
    require(device.freeSlots() + leaving + victims.size() > 0, "has no slot");
  }

  private static void checkRoom(
      DeviceSnapshot device, InstanceSnapshot target, int blocks, List<Integer> victims) {
    require(new HashSet<>(victims).size() == victims.size(), "has a victim twice");
    long freedBytes = 0;
    for (int index : victims) {
      InstanceSnapshot victim = instance(device, index);
      require(index != target.index(), "makes its own target leave");
      require(victim.open() && !victim.stays(), "cannot make " + index + " leave");
      freedBytes += victim.bytesGivenBack(device.spec());
    }
    if (!device.spec().memoryMoves()) {
      return;
    }
    long weightBytes = target.weightsPromised() ? 0 : target.costs().shape().weightBytes();
    long growth = Math.max(0, blocks - target.promisedBlocks());
    long kvBytes = growth * target.costs().blockBytes(device.spec().kvBlockTokens());
    long promised = device.promisedBytes() - freedBytes + weightBytes + kvBytes;
    require(
        promised <= device.spec().capacityBytes(),
        "would promise " + promised + " of " + device.spec().capacityBytes() + " bytes");
  }

  private static InstanceSnapshot target(DeviceSnapshot device, int index, ModelId model) {
    InstanceSnapshot target = instance(device, index);
    require(target.open(), "has closed " + index);
    require(target.model().equals(model), "has another model as " + index);
    return target;
  }

  private static InstanceSnapshot instance(DeviceSnapshot device, int index) {
    return device.instances().stream()
        .filter(instance -> instance.index() == index)
        .findFirst()
        .orElseThrow(() -> new Objection("has no instance " + index));
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new Objection(otherwise);
    }
  }
}
