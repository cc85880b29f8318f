package io.slinfer.admission;

import io.slinfer.cost.DeviceSpec;
import io.slinfer.memory.KvSizing;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Our admission test: as shadow validation it simulates the waiting prefills back to back in
 * deadline order and sums the decode shares, but it looks at the deadlines of prompts, not at the
 * least of an instance, and KV needs no minimum since it grows while decoding.
 *
 * @param sizing how much KV the requests need
 * @param aim the part of the promised time per token that the decode shares are measured against
 * @param mostShare how much of a device decode steps may take, 0 to 1
 * @param sparesDecodes whether a prompt may make no decode late; else the promise on the mean time
 *     per token is trusted to absorb it
 * @param reckonsDecodes whether prompts take longer for the decode steps in between
 */
public record SlackTest(
    KvSizing sizing, double aim, double mostShare, boolean sparesDecodes, boolean reckonsDecodes) {

  /** Prompts are never reckoned to take more than so many times as long. */
  private static final double MOST_STRETCH = 4;

  /** As if no decode steps came between prompts. */
  public SlackTest(KvSizing sizing, double aim, double mostShare, boolean sparesDecodes) {
    this(sizing, aim, mostShare, sparesDecodes, false);
  }

  /** The same, prompts stretched by the decode steps in between. */
  public SlackTest reckoningDecodes() {
    return new SlackTest(sizing, aim, mostShare, sparesDecodes, true);
  }

  private record Job(boolean isTarget, long workNanos, long deadlineNanos) {}

  /** Bytes that the instance needs beyond what it is promised. */
  public long missingBytes(DeviceSpec spec, InstanceSnapshot after) {
    long blockBytes = after.costs().blockBytes(spec.kvBlockTokens());
    int minimum = sizing.minimumBlocks(after.neededBlocks(), spec.kvBlockTokens());
    long weights = after.weightsPromised() ? 0 : after.costs().shape().weightBytes();
    return weights + Math.max(0, minimum - after.promisedBlocks()) * blockBytes;
  }

  /**
   * Whether the device has the time for the request, memory aside.
   *
   * @param before the instance as it is (or fresh)
   * @param after the same with the request
   */
  public boolean timeHolds(
      DeviceSnapshot device, InstanceSnapshot before, InstanceSnapshot after, long nowNanos) {
    long startNanos = Math.min(nowNanos, device.stepStartNanos());
    if (after.prefillNanos() > after.prefillDeadlineNanos() - startNanos) {
      return false;
    }
    double others = 0;
    for (InstanceSnapshot other : device.instances()) {
      others += isBeside(other, before) ? share(other) : 0;
    }
    return others + share(after) <= mostShare
        && meetsDeadlines(jobs(device, before, after), startNanos, stretch(others + share(before)));
  }

  /** Whether the decode steps of all, those on the host too, leave each enough time. */
  public boolean shareHolds(
      DeviceSnapshot device, InstanceSnapshot before, InstanceSnapshot after) {
    double shares = share(after);
    for (InstanceSnapshot other : device.instances()) {
      shares += other.index() != before.index() && other.batch() > 0 ? share(other) : 0;
    }
    return shares <= mostShare;
  }

  private static boolean isBeside(InstanceSnapshot other, InstanceSnapshot target) {
    return other.index() != target.index() && !other.parked() && other.batch() > 0;
  }

  private List<Job> jobs(DeviceSnapshot device, InstanceSnapshot before, InstanceSnapshot after) {
    List<Job> jobs = new ArrayList<>();
    jobs.add(new Job(true, after.prefillNanos(), after.prefillDeadlineNanos()));
    addDecode(jobs, after);
    for (InstanceSnapshot other : device.instances()) {
      if (isBeside(other, before)) {
        if (other.prefillNanos() > 0) {
          jobs.add(new Job(false, other.prefillNanos(), other.prefillDeadlineNanos()));
        }
        addDecode(jobs, other);
      }
    }
    return jobs;
  }

  /** How many times as long prompts take beside decode steps of this share. */
  private double stretch(double share) {
    return reckonsDecodes ? Math.min(MOST_STRETCH, 1 / Math.max(1e-3, 1 - share)) : 1;
  }

  private double share(InstanceSnapshot instance) {
    return instance.decodeNanos() / (aim * instance.tokenNanos());
  }

  private void addDecode(List<Job> jobs, InstanceSnapshot instance) {
    if (sparesDecodes && instance.decodeDeadlineNanos() != Long.MAX_VALUE) {
      jobs.add(new Job(false, 0, instance.decodeDeadlineNanos()));
    }
  }

  /**
   * In deadline order; unless decodes are spared, who is late before the target is not its fault.
   */
  private boolean meetsDeadlines(List<Job> jobs, long startNanos, double stretch) {
    jobs.sort(Comparator.comparingLong(Job::deadlineNanos));
    long clock = startNanos;
    boolean counts = sparesDecodes;
    for (Job job : jobs) {
      clock += stretch == 1 ? job.workNanos() : Math.round(stretch * job.workNanos());
      counts |= job.isTarget();
      if (counts && clock > job.deadlineNanos()) {
        return false;
      }
    }
    return true;
  }
}
