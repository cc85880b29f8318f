package io.slinfer.scheduler;

import io.slinfer.admission.SlackTest;
import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.DeviceSpec;
import io.slinfer.cost.MemoryTimes;
import io.slinfer.cost.SafetyMargins;
import io.slinfer.memory.KvSizing;
import io.slinfer.memory.Residence;
import io.slinfer.placement.SlinferPlacement;
import io.slinfer.request.DeadlineRule;
import java.util.List;

/**
 * Our system put together, with its tuned constants (docs/results/simulation.md says on what). Each
 * ability can be switched off alone.
 *
 * @param pausing instances may be paused to the host
 * @param requestPausing single requests with slack may be set aside on the host
 * @param pagedGrowth KV grows without copying, while decoding; else only when requests join
 * @param fewestFirst instances with the fewest requests step first, unless others are urgent; else
 *     earliest deadline first
 * @param fromFirstToken tokens are due from the first one on; else from the arrival on
 * @param calmCpus CPUs are filled in levels; else up to their decode share at once
 * @param resident GPU instances without requests stay until their place is wanted; else 1 s
 * @param fineWorth what an instance is worth counts slack, and queued requests for its model
 * @param hopelessLast paused instances that can keep no promise any more come back only while no
 *     request waits
 */
public record SlinferPolicy(
    boolean pausing,
    boolean requestPausing,
    boolean pagedGrowth,
    boolean fewestFirst,
    boolean fromFirstToken,
    boolean calmCpus,
    boolean resident,
    boolean fineWorth,
    boolean hopelessLast) {

  /** All abilities. */
  public static final SlinferPolicy FULL =
      new SlinferPolicy(true, true, true, true, true, true, true, true, true);

  private static final double AIM = SafetyMargins.AIM;
  private static final long KEEP_ALIVE_NANOS = 1_000_000_000L;
  private static final long URGENT_SLACK_NANOS = 2_000_000_000L;
  private static final int PREFILL_TOKENS = 4096;
  private static final int SEQUENCES = 256;
  private static final KvSizing GROWING = new KvSizing(0, 64, 1.15);

  /** When tokens are due. */
  public DeadlineRule deadlines() {
    return fromFirstToken
        ? new DeadlineRule.FromFirstToken(AIM)
        : new DeadlineRule.FromArrival(AIM);
  }

  /** Where requests go. */
  public SlinferPlacement placement(MemoryTimes times) {
    SlackTest crowded = cpuTest(1, false);
    List<SlackTest> onCpu =
        calmCpus ? List.of(cpuTest(0.7, true), cpuTest(0.85, true), crowded) : List.of(crowded);
    return new SlinferPlacement(
        cpuTest(1, false),
        onCpu,
        times,
        new SlinferPlacement.Tuning(
            pausing,
            false,
            false,
            4,
            requestPausing,
            resident,
            15,
            fineWorth ? 3 : 1,
            fineWorth,
            1.5,
            3,
            hopelessLast,
            2));
  }

  private SlackTest cpuTest(double mostShare, boolean sparesDecodes) {
    return new SlackTest(sizing(), AIM, mostShare, sparesDecodes);
  }

  private KvSizing sizing() {
    return pagedGrowth ? GROWING : KvSizing.PAPER;
  }

  private long keepAliveNanos(DeviceSpec device) {
    if (device.kind() != DeviceKind.GPU) {
      return 0;
    }
    return resident ? Long.MAX_VALUE : KEEP_ALIVE_NANOS;
  }

  /** How a device is run. */
  public DeviceSettings settings(DeviceSpec device, MemoryTimes times) {
    return new DeviceSettings(
        sizing(),
        new PagedBatching(PREFILL_TOKENS, SEQUENCES),
        Residence.of(keepAliveNanos(device)),
        1,
        0,
        fewestFirst
            ? new StepOrder.FewestRequestsFirst(URGENT_SLACK_NANOS)
            : StepOrder.EARLIEST_DEADLINE,
        true,
        requestPausing,
        times.pausedKvBytes());
  }
}
