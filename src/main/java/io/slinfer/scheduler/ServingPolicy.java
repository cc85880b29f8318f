package io.slinfer.scheduler;

import io.slinfer.admission.SlackTest;
import io.slinfer.cost.MemoryTimes;
import io.slinfer.cost.SafetyMargins;
import io.slinfer.memory.KvSizing;
import io.slinfer.memory.Residence;
import io.slinfer.placement.PlacementPolicy;
import io.slinfer.placement.SlinferPlacement;
import io.slinfer.request.DeadlineRule;

/**
 * How a server runs its devices: as {@link SlinferPolicy}, but prompts are computed in pieces
 * beside the tokens of others, since callers judge each token and not the mean, and models stay for
 * a while after their last request.
 *
 * @param prefillTokens most prompt tokens in a step
 * @param maxBatch most requests in a step
 * @param residence how long models stay
 * @param times what placement reckons with
 */
public record ServingPolicy(
    int prefillTokens, int maxBatch, Residence residence, MemoryTimes times) {

  private static final KvSizing GROWING = new KvSizing(0, 64, 1.15);
  private static final int LEAST_PREFILL_TOKENS = 16;
  private static final long MOST_PREFILL_NANOS = 150_000_000L;

  /** Under overload whoever was accepted goes on, however late. */
  private static final long MOST_STANDSTILL_NANOS = 1_000_000_000L;

  /** Callers see when nothing comes for longer than this. */
  private static final long MOST_GAP_NANOS = 2_000_000_000L;

  /** When tokens are due. */
  public DeadlineRule deadlines() {
    return new DeadlineRule.FromFirstToken(SafetyMargins.AIM, MOST_GAP_NANOS);
  }

  /** Where requests go. */
  public PlacementPolicy placement() {
    SlinferPlacement usual = SlinferPolicy.FULL.placement(times);
    return new SlinferPlacement(
        usual.onGpu().reckoningDecodes(),
        usual.onCpu().stream().map(SlackTest::reckoningDecodes).toList(),
        usual.times(),
        usual.tuning().forServing(times.pausedKvBytes() > 0));
  }

  /** How a device is run. */
  public DeviceSettings settings() {
    int least = Math.min(LEAST_PREFILL_TOKENS, prefillTokens);
    return new DeviceSettings(
        GROWING,
        new ChunkedBatching(prefillTokens, least, maxBatch, MOST_PREFILL_NANOS),
        residence,
        1,
        0,
        new StepOrder.LeastSlack(MOST_STANDSTILL_NANOS),
        true,
        true,
        times.pausedKvBytes());
  }
}
