package io.slinfer.engine;

import io.slinfer.request.InstanceId;

/**
 * The port that every engine implements: one device's memory and compute. All methods are called on
 * the owner's thread, return at once, and are answered by one {@link EngineEvent} with the same
 * ticket on the owner's thread (an engine is constructed with its listener and the owner's
 * executor). Tickets are the caller's, unique per engine.
 *
 * <p>Order: an instance's commands take effect in the order given. At most one step runs on a
 * device at a time; loads, exports and imports of other instances may overlap with it. Nothing of
 * an instance moves during its step.
 *
 * <p>KV: an instance owns an address space of {@code maxSlabs} slabs of {@code blocksPerSlab}
 * blocks; block {@code b} lies in slab {@code b / blocksPerSlab}. Only mapped slabs hold memory, so
 * growing and shrinking move no data. A plan names blocks of mapped slabs only.
 */
public interface Engine extends AutoCloseable {

  /** The reason of a failure after which the device does nothing more. */
  String DEVICE_FAILED = "device_failed";

  /** What this engine is. */
  EngineDescription description();

  /** Loads a model as a new instance; answered by Loaded or Failed. */
  void load(long ticket, InstanceId instance, ModelSource source);

  /**
   * Runs one step; answered by Stepped or Failed. A failed step leaves the sequences' KV undefined.
   */
  void step(StepPlan plan);

  /**
   * Gives memory to slabs; answered by Resized, or by Failed when there is none (then none was
   * mapped).
   */
  void mapSlabs(long ticket, InstanceId instance, int[] slabs);

  /** Takes the memory of slabs whose blocks nobody uses; answered by Resized. */
  void unmapSlabs(long ticket, InstanceId instance, int[] slabs);

  /** Copies out the keys and values of a sequence's computed tokens; answered by Exported. */
  void exportKv(long ticket, InstanceId instance, Sequence sequence);

  /** Copies an image into a sequence's blocks, which have room; answered by Imported. */
  void importKv(long ticket, InstanceId instance, Sequence sequence, KvImage image);

  /** Frees the memory of an instance's weights for a while; answered by Unloaded. */
  void dropWeights(long ticket, InstanceId instance);

  /** Brings the weights back that were dropped; answered by Loaded or Failed. */
  void readWeights(long ticket, InstanceId instance);

  /** Frees all that an instance holds, once its running step has ended; answered by Unloaded. */
  void unload(long ticket, InstanceId instance);

  /** Ends the engine's threads and frees everything; waits for a running step. */
  @Override
  void close();
}
