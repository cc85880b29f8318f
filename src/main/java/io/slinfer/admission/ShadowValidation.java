package io.slinfer.admission;

import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.DeviceSpec;
import io.slinfer.cost.SafetyMargins;
import io.slinfer.memory.KvSizing;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The paper's admission test: would the device still keep its promises with this request on that
 * instance? Works on values, so a failed test leaves no trace (slinfer-algorithm section 5).
 *
 * @param sizing how much KV the requests need
 * @param tokenNanos time per output token that the decode shares are measured against
 */
public record ShadowValidation(KvSizing sizing, long tokenNanos) {

  /** The paper's constants. */
  public static final ShadowValidation PAPER =
      new ShadowValidation(KvSizing.PAPER, Math.round(0.25e9 * SafetyMargins.AIM));

  /**
   * What the three tests found.
   *
   * @param memoryGapBytes bytes that are missing; 0 or less when memory suffices; Long.MAX_VALUE
   *     when no amount would do
   * @param shareExcess by how much the decode shares exceed the device
   * @param targetShare the target's own decode share
   * @param deadlinesHold whether all prefills meet their deadlines
   */
  public record Verdict(
      long memoryGapBytes, double shareExcess, double targetShare, boolean deadlinesHold) {

    public boolean memoryHolds() {
      return memoryGapBytes <= 0;
    }

    public boolean shareHolds() {
      return shareExcess <= 0;
    }

    /** Whether the request can be taken now. */
    public boolean accepted() {
      return memoryHolds() && shareHolds() && deadlinesHold;
    }
  }

  /**
   * Tests a device.
   *
   * @param before the instance as it is (or fresh)
   * @param after the same with the request
   */
  public Verdict validate(
      DeviceSnapshot device, InstanceSnapshot before, InstanceSnapshot after, long nowNanos) {
    double others = 0;
    for (InstanceSnapshot instance : device.instances()) {
      if (instance.index() != before.index()) {
        others += share(instance);
      }
    }
    double own = share(after);
    return new Verdict(
        memoryGapBytes(device, after),
        others + own - 1,
        own,
        deadlinesHold(device, before, after, nowNanos));
  }

  /** The part of the device that an instance's decode steps need. */
  public double share(InstanceSnapshot instance) {
    return (double) instance.decodeNanos() / tokenNanos;
  }

  private long memoryGapBytes(DeviceSnapshot device, InstanceSnapshot after) {
    DeviceSpec spec = device.spec();
    int minimum = sizing.minimumBlocks(after.neededBlocks(), spec.kvBlockTokens());
    if (minimum <= after.promisedBlocks() && after.weightsPromised()) {
      return 0;
    }
    if (!spec.memoryMoves()) {
      return Long.MAX_VALUE;
    }
    long blockBytes = after.costs().blockBytes(spec.kvBlockTokens());
    long weights = after.weightsPromised() ? 0 : after.costs().shape().weightBytes();
    long growth = Math.max(0, minimum - after.promisedBlocks()) * blockBytes;
    return device.promisedBytes() + weights + growth - spec.capacityBytes();
  }

  /** Prefills back to back in deadline order; violations before the target's are not its fault. */
  private static boolean deadlinesHold(
      DeviceSnapshot device, InstanceSnapshot before, InstanceSnapshot after, long nowNanos) {
    boolean gpu = device.spec().kind() == DeviceKind.GPU;
    if (gpu && after.loading()) {
      return true;
    }
    List<InstanceSnapshot> jobs = new ArrayList<>(device.instances().size() + 1);
    jobs.add(after);
    for (InstanceSnapshot instance : device.instances()) {
      if (instance.index() != before.index()
          && instance.batch() > 0
          && !(gpu && instance.loading())) {
        jobs.add(instance);
      }
    }
    jobs.sort(Comparator.comparingLong(InstanceSnapshot::deadlineNanos));
    long clock = gpu ? Math.min(nowNanos, device.stepStartNanos()) : nowNanos;
    boolean reached = false;
    for (InstanceSnapshot job : jobs) {
      clock += job.prefillNanos();
      reached |= job == after;
      if (reached && clock > job.deadlineNanos()) {
        return false;
      }
    }
    return true;
  }
}
