package io.slinfer.placement;

import io.slinfer.admission.Candidate;
import io.slinfer.admission.DeviceSnapshot;
import io.slinfer.admission.InstanceSnapshot;
import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.placement.Placement.NewInstance;
import io.slinfer.placement.Placement.NoCapacity;
import io.slinfer.placement.Placement.OnInstance;
import java.util.ArrayList;
import java.util.List;

/**
 * The ServerlessLLM baselines (slinfer-algorithm section 8): an instance has a device, or a static
 * part of it, to itself; a batch limit is the only test; instances of a model take turns.
 *
 * @param useCpus whether CPU nodes are tried, first
 * @param partsPerDevice into how many equal parts a device is divided: 1 or 2
 */
public record ExclusivePlacement(boolean useCpus, int partsPerDevice) implements PlacementPolicy {

  @Override
  public Placement place(Candidate request, ClusterView view, long nowNanos) {
    List<OnInstance> open = new ArrayList<>();
    for (DeviceSnapshot device : view.devices()) {
      for (InstanceSnapshot instance : device.instances()) {
        if (instance.open() && instance.model().equals(request.model())) {
          open.add(new OnInstance(device.index(), instance.index(), instance.promisedBlocks()));
        }
      }
    }
    for (int turn = 0; turn < open.size(); turn++) {
      OnInstance place = open.get((int) ((view.placedBefore() + turn) % open.size()));
      InstanceSnapshot instance =
          view.devices().get(place.device()).instances().stream()
              .filter(candidate -> candidate.index() == place.instance())
              .findFirst()
              .orElseThrow();
      if (instance.batch() < batchLimit(instance.costs())) {
        return place;
      }
    }
    Placement onCpu = useCpus ? newInstance(request, view, DeviceKind.CPU) : new NoCapacity();
    return onCpu instanceof NoCapacity ? newInstance(request, view, DeviceKind.GPU) : onCpu;
  }

  private int batchLimit(InstanceCosts costs) {
    return partsPerDevice == 1 ? costs.exclusiveBatchLimit() : costs.halfShareBatchLimit();
  }

  private Placement newInstance(Candidate request, ClusterView view, DeviceKind kind) {
    for (DeviceSnapshot device : view.devices()) {
      int parts = Math.min(partsPerDevice, device.spec().slots());
      boolean taken = device.instances().size() >= parts || device.freeSlots() < 1;
      if (device.spec().kind() != kind || taken) {
        continue;
      }
      InstanceCosts costs = view.costs().apply(request.model(), kind);
      long blockBytes = costs.blockBytes(device.spec().kvBlockTokens());
      long bytes =
          device.spec().memoryMoves()
              ? device.spec().capacityBytes() / partsPerDevice - costs.shape().weightBytes()
              : device.spec().fixedKvBytes();
      return new NewInstance(device.index(), (int) (bytes / blockBytes));
    }
    return new NoCapacity();
  }
}
