package io.slinfer.sim;

import io.slinfer.admission.Candidate;
import io.slinfer.admission.DeviceSnapshot;
import io.slinfer.admission.InstanceSnapshot;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.placement.ClusterView;
import io.slinfer.placement.Placement;
import io.slinfer.placement.Placement.AfterPreemption;
import io.slinfer.placement.Placement.NewInstance;
import io.slinfer.placement.Placement.NoCapacity;
import io.slinfer.placement.Placement.OnInstance;
import io.slinfer.placement.Placement.Resumed;
import io.slinfer.placement.Placement.Retiring;
import io.slinfer.placement.PlacementCheck;
import io.slinfer.placement.PlacementPolicy;
import io.slinfer.request.ModelId;

/**
 * A placement policy whose decisions are checked against the view that they were taken from.
 *
 * @param policy decides
 */
record CheckedPlacement(PlacementPolicy policy) implements PlacementPolicy {

  @Override
  public Placement place(Candidate request, ClusterView view, long nowNanos) {
    Placement placement = policy.place(request, view, nowNanos);
    int index =
        switch (placement) {
          case OnInstance on -> on.device();
          case AfterPreemption after -> after.device();
          case NewInstance fresh -> fresh.device();
          case Resumed resumed -> resumed.device();
          case Retiring retiring -> retiring.device();
          case NoCapacity none -> -1;
        };
    if (index >= 0) {
      DeviceSnapshot device = view.devices().get(index);
      InstanceCosts costs = view.costs().apply(request.model(), device.spec().kind());
      check(placement, device, request.model(), costs);
    }
    return placement;
  }

  @Override
  public Placement resume(
      DeviceSnapshot device, InstanceSnapshot parked, ClusterView view, long nowNanos) {
    Placement placement = policy.resume(device, parked, view, nowNanos);
    check(placement, device, null, null);
    return placement;
  }

  private static void check(
      Placement placement, DeviceSnapshot device, ModelId model, InstanceCosts costs) {
    PlacementCheck.objection(placement, device, model, costs)
        .ifPresent(
            objection -> {
              throw new IllegalStateException(placement + ": " + objection);
            });
  }
}
