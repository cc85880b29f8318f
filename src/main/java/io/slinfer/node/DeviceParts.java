package io.slinfer.node;

import io.slinfer.cost.DeviceSpec;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.scheduler.DeviceSettings;
import io.slinfer.scheduler.ServingPolicy;

/**
 * One device of a node.
 *
 * @param policy how models share it
 * @param emulated whether its tokens are made up
 */
public record DeviceParts(
    DeviceSpec spec, ServingPolicy policy, EngineFactory engines, boolean emulated) {

  /** How it is run. */
  public DeviceSettings settings() {
    return policy.settings();
  }

  /**
   * The longest sequence that an instance could hold if it had the device to itself; 0 or less:
   * none.
   */
  int mostTokens(InstanceCosts costs) {
    long kvBytes =
        spec.memoryMoves()
            ? spec.capacityBytes() - costs.shape().weightBytes()
            : spec.fixedKvBytes();
    long blocks = kvBytes / costs.blockBytes(spec.kvBlockTokens());
    long tokens = blocks * spec.kvBlockTokens() - settings().sizing().reserveTokens();
    return Math.clamp(tokens, 0, Integer.MAX_VALUE);
  }
}
