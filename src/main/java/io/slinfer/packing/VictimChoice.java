package io.slinfer.packing;

import io.slinfer.admission.DeviceSnapshot;
import io.slinfer.admission.InstanceSnapshot;
import io.slinfer.admission.ShadowValidation;
import io.slinfer.admission.ShadowValidation.Verdict;
import java.util.Comparator;
import java.util.Optional;

/**
 * Proactive preemption: which smaller neighbour must leave a device so that an instance can grow
 * (slinfer-algorithm section 4 B). The smallest batch that is enough goes first, so instances of
 * the same model gather where the batch is largest.
 */
public record VictimChoice(ShadowValidation validation) {

  /** The neighbour to preempt, if one is enough. */
  public Optional<InstanceSnapshot> choose(
      DeviceSnapshot device, InstanceSnapshot target, Verdict verdict) {
    if (device.spec().memoryMoves()) {
      if (verdict.memoryHolds() || !verdict.shareHolds() || !verdict.deadlinesHold()) {
        return Optional.empty();
      }
      return smallest(device, target, victim -> freesMemory(device, victim, verdict));
    }
    if (verdict.shareHolds()
        || !verdict.memoryHolds()
        || !verdict.deadlinesHold()
        || verdict.targetShare() > 1) {
      return Optional.empty();
    }
    return smallest(
        device,
        target,
        victim -> victim.batch() > 0 && validation.share(victim) >= verdict.shareExcess());
  }

  private static boolean freesMemory(
      DeviceSnapshot device, InstanceSnapshot victim, Verdict verdict) {
    return !victim.loading() && victim.promisedBytes(device.spec()) >= verdict.memoryGapBytes();
  }

  private static Optional<InstanceSnapshot> smallest(
      DeviceSnapshot device,
      InstanceSnapshot target,
      java.util.function.Predicate<InstanceSnapshot> enough) {
    return device.instances().stream()
        .filter(victim -> victim.index() != target.index() && victim.open())
        .filter(victim -> victim.batch() <= target.batch())
        .filter(enough)
        .min(Comparator.comparingInt(InstanceSnapshot::batch));
  }
}
