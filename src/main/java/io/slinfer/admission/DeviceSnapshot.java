package io.slinfer.admission;

import io.slinfer.cost.DeviceSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * A device at one moment; immutable.
 *
 * @param index which device of the cluster
 * @param promisedBytes what the ledger has given out
 * @param stepStartNanos when the running step began; Long.MAX_VALUE when none runs
 * @param freeSlots how many new instances it can take
 * @param costFactor how many times longer than their profiles say new instances' steps will take
 * @param loadNanosPerByte what its loads took lately; 0 before the first
 * @param instances all of them, draining ones too
 */
public record DeviceSnapshot(
    int index,
    DeviceSpec spec,
    long promisedBytes,
    long stepStartNanos,
    int freeSlots,
    double costFactor,
    double loadNanosPerByte,
    List<InstanceSnapshot> instances) {

  /** This device without one of its instances. */
  public DeviceSnapshot without(InstanceSnapshot instance) {
    List<InstanceSnapshot> others = new ArrayList<>(instances);
    others.remove(instance);
    return new DeviceSnapshot(
        index,
        spec,
        promisedBytes - instance.promisedBytes(spec),
        stepStartNanos,
        freeSlots + 1,
        costFactor,
        loadNanosPerByte,
        List.copyOf(others));
  }

  /** Whether no instance is on it. */
  public boolean isEmpty() {
    return instances.isEmpty();
  }
}
