package io.slinfer.scheduler;

/**
 * What the scheduler asks of a device. Every call returns at once and is answered once, on the
 * owner's thread: a step by {@link DeviceLoop#onStepped}, anything else by {@link
 * DeviceLoop#onActionDone}.
 */
public interface DeviceDriver {

  /** Runs a step of {@code instance.batch()}. */
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

  /** Copies the keys and values of a paused instance to the host. */
  void exportKv(Instance instance, long bytes);

  /** Copies the keys and values of a paused instance back. */
  void importKv(Instance instance, long bytes);

  /** Frees an instance's weights. */
  void unload(Instance instance);

  /** Which outputs of a finished step ended their request. */
  @FunctionalInterface
  interface StepOutcome {
    /** Whether the token of the request at {@code index} of the batch was its last. */
    boolean ended(int index);
  }
}
