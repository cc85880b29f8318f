package io.slinfer.placement;

import io.slinfer.admission.Candidate;

/** Chooses the place of a request; pure: the same view and time give the same answer. */
@FunctionalInterface
public interface PlacementPolicy {

  Placement place(Candidate request, ClusterView view, long nowNanos);
}
