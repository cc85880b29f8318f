package io.slinfer.scheduler;

import io.slinfer.request.RequestLife;
import java.util.List;

/**
 * What the scheduler asks of a device. Every call returns at once and is answered once, on the
 * owner's thread: a step by {@link DeviceLoop#onStepped}, anything else by {@link
 * DeviceLoop#onActionDone}.
 */
public interface DeviceDriver {

  /**
   * Runs a step of {@code instance.batch()}; a failure is answered by {@link
   * DeviceLoop#onStepFailed}.
   */
  void step(Instance instance);

  /** Brings an instance's weights onto the device. */
  void load(Instance instance);

  /**
   * Gives an instance {@code toBlocks} KV blocks in place of {@code fromBlocks}.
   *
   * @param liveBlocks blocks that hold something
   */
  void resize(Instance instance, int fromBlocks, int toBlocks, int liveBlocks);

  /** Ends the computing of all requests of an instance. */
  void evict(Instance instance);

  /**
   * Copies the keys and values of requests to the host: of all when the instance leaves the device,
   * else of some. The blocks stay theirs until {@link #freed}.
   *
   * @param bytes how much that is
   */
  void exportKv(Instance instance, List<RequestLife> requests, long bytes);

  /** Copies the keys and values of requests back to the device. */
  void importKv(Instance instance, List<RequestLife> requests, long bytes);

  /** Frees an instance's weights. */
  void unload(Instance instance);

  /**
   * A request begins to compute on an instance: says how many leading tokens have their keys and
   * values there already, and keeps those for it. Fewer than all; 0 on a device that does not look.
   */
  default int reusePrefix(Instance instance, RequestLife request) {
    return 0;
  }

  /** A request's blocks are free: it has ended, or lost its keys and values. */
  default void freed(Instance instance, RequestLife request) {}

  /** Which outputs of a finished step ended their request. */
  @FunctionalInterface
  interface StepOutcome {
    /**
     * Whether the token of the request at {@code index} of the batch was its last; asked only of
     * those that got one.
     */
    boolean ended(int index);
  }
}
