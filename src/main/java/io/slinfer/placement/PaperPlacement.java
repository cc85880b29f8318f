package io.slinfer.placement;

import io.slinfer.admission.Candidate;
import io.slinfer.admission.DeviceSnapshot;
import io.slinfer.admission.InstanceSnapshot;
import io.slinfer.admission.ShadowValidation;
import io.slinfer.admission.ShadowValidation.Verdict;
import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.packing.VictimChoice;
import io.slinfer.placement.Placement.AfterPreemption;
import io.slinfer.placement.Placement.NewInstance;
import io.slinfer.placement.Placement.NoCapacity;
import io.slinfer.placement.Placement.OnInstance;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The paper's placement (slinfer-algorithm section 4): an instance that has the model, largest
 * batch first; one that could take it if a smaller neighbour left; a new instance, CPU first, on
 * the fullest device that can.
 */
public record PaperPlacement(ShadowValidation validation) implements PlacementPolicy {

  private record Target(DeviceSnapshot device, InstanceSnapshot before, InstanceSnapshot after) {}

  @Override
  public Placement place(Candidate request, ClusterView view, long nowNanos) {
    List<Target> targets = targets(request, view);
    List<Verdict> verdicts = new ArrayList<>(targets.size());
    for (Target target : targets) {
      Verdict verdict =
          validation.validate(target.device(), target.before(), target.after(), nowNanos);
      if (verdict.accepted()) {
        return new OnInstance(target.device().index(), target.before().index(), blocks(target, 0));
      }
      verdicts.add(verdict);
    }
    VictimChoice packing = new VictimChoice(validation);
    for (int i = 0; i < targets.size(); i++) {
      Target target = targets.get(i);
      Optional<InstanceSnapshot> victim =
          packing.choose(target.device(), target.after(), verdicts.get(i));
      if (victim.isPresent()) {
        long freed = victim.get().promisedBytes(target.device().spec());
        return new AfterPreemption(
            target.device().index(),
            target.before().index(),
            blocks(target, freed),
            victim.get().index());
      }
    }
    Placement onCpu = newInstance(request, view, DeviceKind.CPU, nowNanos);
    return onCpu instanceof NoCapacity
        ? newInstance(request, view, DeviceKind.GPU, nowNanos)
        : onCpu;
  }

  private List<Target> targets(Candidate request, ClusterView view) {
    List<Target> targets = new ArrayList<>();
    for (DeviceSnapshot device : view.devices()) {
      for (InstanceSnapshot instance : device.instances()) {
        if (instance.open() && instance.model().equals(request.model())) {
          targets.add(new Target(device, instance, with(instance, request, device)));
        }
      }
    }
    targets.sort(Comparator.comparingInt(target -> -target.before().batch()));
    return targets;
  }

  private InstanceSnapshot with(
      InstanceSnapshot instance, Candidate request, DeviceSnapshot device) {
    return instance.with(request, device.spec(), validation.sizing().reserveTokens());
  }

  private Placement newInstance(
      Candidate request, ClusterView view, DeviceKind kind, long nowNanos) {
    List<DeviceSnapshot> fullestFirst =
        view.devices().stream()
            .filter(device -> device.spec().kind() == kind && device.freeSlots() > 0)
            .sorted(Comparator.comparingDouble(device -> -fullness(device)))
            .toList();
    for (DeviceSnapshot device : fullestFirst) {
      InstanceCosts costs = view.costs().apply(request.model(), kind);
      InstanceSnapshot fresh = InstanceSnapshot.fresh(request.model(), costs, device.spec());
      Target target = new Target(device, fresh, with(fresh, request, device));
      if (validation.validate(device, fresh, target.after(), nowNanos).accepted()) {
        return new NewInstance(device.index(), blocks(target, 0));
      }
    }
    return new NoCapacity();
  }

  private double fullness(DeviceSnapshot device) {
    if (device.spec().memoryMoves()) {
      return device.promisedBytes();
    }
    return device.instances().stream().mapToDouble(validation::share).sum();
  }

  /** The target's KV size with the request, when {@code freedBytes} are given back before. */
  private int blocks(Target target, long freedBytes) {
    DeviceSnapshot device = target.device();
    InstanceSnapshot after = target.after();
    int blockTokens = device.spec().kvBlockTokens();
    int minimum = validation.sizing().minimumBlocks(after.neededBlocks(), blockTokens);
    if (minimum <= after.promisedBlocks()) {
      return after.promisedBlocks();
    }
    long blockBytes = after.costs().blockBytes(blockTokens);
    long weights = after.weightsPromised() ? 0 : after.costs().shape().weightBytes();
    long left =
        device.spec().capacityBytes()
            - (device.promisedBytes() - freedBytes)
            - weights
            - (minimum - after.promisedBlocks()) * blockBytes;
    return validation.sizing().grownBlocks(after.neededBlocks(), blockTokens, left / blockBytes);
  }
}
