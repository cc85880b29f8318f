package io.slinfer.placement;

import io.slinfer.admission.Candidate;
import io.slinfer.admission.DeviceSnapshot;
import io.slinfer.admission.InstanceSnapshot;
import io.slinfer.admission.SlackTest;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.cost.MemoryTimes;
import io.slinfer.placement.Room.Leaving;
import java.util.List;
import java.util.Optional;

/**
 * Memory in turns: the instance whose requests have the most time is paused for a while, so that
 * those of another need not be refused or come late, and is back before its own next token is due.
 * Worth it where a load takes less than requests have slack, as from the page cache.
 *
 * @param test what a device has time for
 * @param times how long a load takes on a device that has not loaded anything yet
 */
record Swap(Room room, SlackTest test, MemoryTimes times) {

  /** A parked instance with less slack than this may have another swapped for it. */
  private static final long URGENT_NANOS = 500_000_000L;

  /** What can go wrong in a swap takes less than this. */
  private static final long MARGIN_NANOS = 300_000_000L;

  /**
   * Who leaves so that a request comes in time that has no place otherwise; empty if nobody can.
   */
  Optional<Leaving> forRequest(Target target, Candidate request, Worth worth, long nowNanos) {
    DeviceSnapshot device = target.device();
    long loadNanos = target.takesSlot() ? loadNanos(device, target.before().costs()) : 0;
    long readyNanos = loadNanos + target.after().prefillNanos();
    if (nowNanos + readyNanos > request.deadlineNanos()
        || !test.shareHolds(device, target.before(), target.after())) {
      return Optional.empty();
    }
    long mostSlackNanos = readyNanos + MARGIN_NANOS;
    Optional<Leaving> best = Optional.empty();
    for (InstanceSnapshot victim : device.instances()) {
      long slackNanos = slackNanos(device, victim, nowNanos);
      if (mayLeave(device, victim, null)
          && !victim.model().equals(request.model())
          && slackNanos > mostSlackNanos) {
        Optional<Leaving> leaving = room.leaving(target, worth, victim);
        if (leaving.isPresent()) {
          best = leaving;
          mostSlackNanos = slackNanos;
        }
      }
    }
    return best;
  }

  /**
   * Who leaves so that a parked instance comes back in time; null if that has time yet, or nobody
   * has more.
   *
   * @param leaving who leaves anyway
   * @param missingBytes what is missing then
   */
  InstanceSnapshot forParked(
      DeviceSnapshot device,
      InstanceSnapshot parked,
      List<Integer> leaving,
      long missingBytes,
      long nowNanos) {
    long leastNanos = slackNanos(device, parked, nowNanos);
    if (leastNanos > URGENT_NANOS) {
      return null;
    }
    long mostSlackNanos = leastNanos + MARGIN_NANOS;
    InstanceSnapshot best = null;
    for (InstanceSnapshot victim : device.instances()) {
      long slackNanos = slackNanos(device, victim, nowNanos);
      if (mayLeave(device, victim, parked)
          && !leaving.contains(victim.index())
          && victim.bytesGivenBack(device.spec()) >= missingBytes
          && slackNanos > mostSlackNanos) {
        best = victim;
        mostSlackNanos = slackNanos;
      }
    }
    return best;
  }

  /**
   * @param back who comes back meanwhile; null for nobody
   */
  private static boolean mayLeave(
      DeviceSnapshot device, InstanceSnapshot victim, InstanceSnapshot back) {
    return victim.open()
        && !victim.loading()
        && !victim.stays()
        && victim.pausable()
        && victim.prefillNanos() == 0
        && allCanComeBack(device, victim, back);
  }

  /**
   * Whether each that is away then fits beside what the others keep on the device, so that they
   * never bar each other's way.
   */
  private static boolean allCanComeBack(
      DeviceSnapshot device, InstanceSnapshot victim, InstanceSnapshot back) {
    if (!device.spec().keepsPausedKv()) {
      return true;
    }
    long keptBytes = 0;
    long mostWeightBytes = 0;
    for (InstanceSnapshot away : device.instances()) {
      if (away == victim || (away.paused() && away != back)) {
        int blocks = Math.max(away.promisedBlocks(), away.neededBlocks());
        keptBytes += blocks * away.costs().blockBytes(device.spec().kvBlockTokens());
        mostWeightBytes = Math.max(mostWeightBytes, away.costs().shape().weightBytes());
      }
    }
    return keptBytes + mostWeightBytes <= device.spec().capacityBytes();
  }

  /** How long an instance can be away, or go on to be, without a token coming late. */
  private long slackNanos(DeviceSnapshot device, InstanceSnapshot instance, long nowNanos) {
    long dueNanos = Math.min(instance.deadlineNanos(), instance.dueNanos());
    return dueNanos == Long.MAX_VALUE
        ? Long.MAX_VALUE
        : dueNanos - nowNanos - loadNanos(device, instance.costs());
  }

  private long loadNanos(DeviceSnapshot device, InstanceCosts costs) {
    return device.loadNanosPerByte() > 0
        ? Math.round(device.loadNanosPerByte() * costs.shape().weightBytes())
        : times.loadNanos(costs.shape());
  }
}
