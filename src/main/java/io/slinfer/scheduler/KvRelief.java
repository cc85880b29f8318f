package io.slinfer.scheduler;

import io.slinfer.cost.DeviceSpec;
import io.slinfer.memory.Ledger;
import java.util.List;

/**
 * Gives the instances of a device the KV blocks they lack while they run, from what the ledger has
 * left; instances without requests go for it.
 *
 * <p>Confined to the device's owner.
 */
final class KvRelief {

  private static final int LEAST_GROWTH_BLOCKS = 32;

  private final DeviceSpec spec;
  private final DeviceSettings settings;
  private final MemoryWork memory;
  private final Ledger ledger;
  private final List<Instance> instances;

  /**
   * @param instances all instances of the device; a live view
   */
  KvRelief(
      DeviceSpec spec,
      DeviceSettings settings,
      MemoryWork memory,
      Ledger ledger,
      List<Instance> instances) {
    this.spec = spec;
    this.settings = settings;
    this.memory = memory;
    this.ledger = ledger;
    this.instances = instances;
  }

  /**
   * Frees an instance from standing still for want of blocks.
   *
   * @return false if it stands still and cannot grow: it should leave the device
   */
  boolean relieve(Instance instance) {
    boolean starved =
        instance.loaded
            && !instance.paused
            && !instance.draining
            && !instance.stepping
            && instance.actions.isEmpty()
            && instance.requestCount() > 0
            && !memory.hasPending(instance)
            && !settings.batching().hasWork(instance);
    if (!starved) {
      return true;
    }
    int missing =
        Math.max(1, instance.neededBlocks(spec.kvBlockTokens()) - instance.promisedBlocks);
    if (missing > blocksLeft(instance, missing)) {
      return false;
    }
    memory.resize(instance, instance.promisedBlocks + missing);
    return true;
  }

  /** Grows KV before the running requests run out of blocks. */
  void growAhead(Instance instance) {
    boolean settled = instance.promisedBlocks == instance.usableBlocks;
    if (!settled || instance.paused || instance.draining) {
      return;
    }
    int wanted = instance.running.size() / 2 + 1;
    if (instance.freeBlocks() < wanted) {
      int wish = Math.max(LEAST_GROWTH_BLOCKS, 2 * instance.running.size());
      int growth = (int) Math.min(blocksLeft(instance, wish), wish);
      if (growth > 0) {
        memory.resize(instance, instance.promisedBlocks + growth);
      }
    }
  }

  /** Blocks not promised to anybody; instances without requests go until there are enough. */
  private long blocksLeft(Instance instance, int wanted) {
    long bytes = instance.blockBytes(wanted);
    for (int i = 0; i < instances.size() && ledger.unpromisedBytes() < bytes; i++) {
      Instance idle = instances.get(i);
      boolean useless = idle.loaded && idle.requestCount() == 0 && !idle.paused && !idle.draining;
      if (useless && idle != instance && !idle.stays) {
        memory.release(idle);
      }
    }
    return ledger.unpromisedBytes() / instance.blockBytes(1);
  }
}
