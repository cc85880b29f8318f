package io.slinfer.sim;

import io.slinfer.admission.Candidate;
import io.slinfer.admission.DeviceSnapshot;
import io.slinfer.admission.InstanceSnapshot;
import io.slinfer.placement.ClusterView;
import io.slinfer.placement.Placement;
import io.slinfer.placement.Placement.AfterPreemption;
import io.slinfer.placement.Placement.NewInstance;
import io.slinfer.placement.Placement.NoCapacity;
import io.slinfer.placement.Placement.OnInstance;
import io.slinfer.placement.Placement.Resumed;
import io.slinfer.placement.PlacementPolicy;
import java.util.HashSet;
import java.util.List;

/**
 * A placement policy whose decisions are checked before they are carried out: they name what is
 * there, promise no more than the device has, and make nobody leave who may stay.
 *
 * @param policy decides
 */
record CheckedPlacement(PlacementPolicy policy) implements PlacementPolicy {

  @Override
  public Placement place(Candidate request, ClusterView view, long nowNanos) {
    Placement placement = policy.place(request, view, nowNanos);
    switch (placement) {
      case OnInstance on -> {
        DeviceSnapshot device = view.devices().get(on.device());
        InstanceSnapshot target = instance(device, on.instance());
        require(target.open(), device, "joins " + target.index() + ", which is not open");
        require(target.model().equals(request.model()), device, "joins another model");
        checkRoom(device, target, on.blocks(), on.victims());
      }
      case AfterPreemption after -> {
        DeviceSnapshot device = view.devices().get(after.device());
        InstanceSnapshot target = instance(device, after.instance());
        InstanceSnapshot victim = instance(device, after.victim());
        require(target.model().equals(request.model()), device, "joins another model");
        require(victim.batch() <= target.batch() + 1, device, "the victim is larger");
        checkRoom(device, target, after.blocks(), List.of(after.victim()));
      }
      case NewInstance fresh -> {
        DeviceSnapshot device = view.devices().get(fresh.device());
        InstanceSnapshot target =
            InstanceSnapshot.fresh(
                request.model(),
                view.costs().apply(request.model(), device.spec().kind()),
                device.spec());
        checkSlot(device, fresh.victims());
        checkRoom(device, target, fresh.blocks(), fresh.victims());
      }
      case Resumed resumed -> checkComeback(view.devices().get(resumed.device()), resumed);
      case NoCapacity none -> {}
    }
    return placement;
  }

  @Override
  public Placement resume(
      DeviceSnapshot device, InstanceSnapshot parked, ClusterView view, long nowNanos) {
    Placement placement = policy.resume(device, parked, view, nowNanos);
    if (placement instanceof Resumed resumed) {
      require(resumed.instance() == parked.index(), device, "resumes another instance");
      checkComeback(device, resumed);
    }
    return placement;
  }

  private static void checkComeback(DeviceSnapshot device, Resumed resumed) {
    InstanceSnapshot parked = instance(device, resumed.instance());
    require(parked.parked(), device, "resumes " + parked.index() + ", which is not parked");
    checkSlot(device, resumed.victims());
    checkRoom(device, parked, resumed.blocks(), resumed.victims());
  }

  private static void checkSlot(DeviceSnapshot device, List<Integer> victims) {
    require(device.freeSlots() + victims.size() > 0, device, "has no slot");
  }

  private static void checkRoom(
      DeviceSnapshot device, InstanceSnapshot target, int blocks, List<Integer> victims) {
    require(new HashSet<>(victims).size() == victims.size(), device, "a victim twice");
    long freedBytes = 0;
    for (int index : victims) {
      InstanceSnapshot victim = instance(device, index);
      require(index != target.index(), device, "makes its own target leave");
      require(victim.open() && !victim.stays(), device, "makes " + index + " leave, which stays");
      freedBytes += victim.promisedBytes(device.spec());
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
        device,
        "would promise " + promised + " of " + device.spec().capacityBytes() + " bytes");
  }

  private static InstanceSnapshot instance(DeviceSnapshot device, int index) {
    return device.instances().stream()
        .filter(instance -> instance.index() == index)
        .findFirst()
        .orElseThrow(
            () -> new IllegalStateException(device.spec().id() + " has no instance " + index));
  }

  private static void require(boolean holds, DeviceSnapshot device, String what) {
    if (!holds) {
      throw new IllegalStateException("placement on " + device.spec().id() + ": " + what);
    }
  }
}
