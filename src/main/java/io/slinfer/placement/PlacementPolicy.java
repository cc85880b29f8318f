package io.slinfer.placement;

import io.slinfer.admission.Candidate;
import io.slinfer.admission.DeviceSnapshot;
import io.slinfer.admission.InstanceSnapshot;

/** Chooses places; pure: the same view and time give the same answer. */
@FunctionalInterface
public interface PlacementPolicy {

  /** The place of a request. */
  Placement place(Candidate request, ClusterView view, long nowNanos);

  /** Whether and how an instance that was paused to the host comes back to its device now. */
  default Placement resume(
      DeviceSnapshot device, InstanceSnapshot parked, ClusterView view, long nowNanos) {
    return new Placement.NoCapacity();
  }
}
