package io.slinfer.scheduler;

import io.slinfer.memory.KvSizing;
import io.slinfer.memory.Residence;

/**
 * How a device is run.
 *
 * @param sizing how KV sizes follow the requests
 * @param residence how long an instance without requests stays
 * @param concurrentSteps how many instances may step at once
 * @param restPerStep how long an instance rests after a step, in durations of that step
 * @param order which instance steps next
 * @param growWhileDecoding whether KV grows when blocks run low, not only when requests join
 * @param requestPausing whether single requests with slack may be set aside on the host
 * @param mostPausedBytes how much KV of paused instances the host keeps; beyond that they lose it
 */
public record DeviceSettings(
    KvSizing sizing,
    Batching batching,
    Residence residence,
    int concurrentSteps,
    double restPerStep,
    StepOrder order,
    boolean growWhileDecoding,
    boolean requestPausing,
    long mostPausedBytes) {

  /** The same with another residence. */
  public DeviceSettings with(Residence other) {
    return new DeviceSettings(
        sizing,
        batching,
        other,
        concurrentSteps,
        restPerStep,
        order,
        growWhileDecoding,
        requestPausing,
        mostPausedBytes);
  }
}
