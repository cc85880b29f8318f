package io.slinfer.scheduler;

import io.slinfer.memory.Residence;
import io.slinfer.request.ModelId;
import java.util.List;

/**
 * How long instances stay: what they keep when requests leave, and when they go themselves.
 *
 * <p>Confined to the device's owner.
 */
final class Stays {

  private final DeviceState device;

  Stays(DeviceState device) {
    this.device = device;
  }

  /** Requests have left an instance: its KV shrinks; without any request it goes in time. */
  void afterLeaving(Instance instance) {
    if (instance.draining || instance.paused) {
      return;
    }
    if (device.spec.memoryMoves()) {
      shrink(instance);
    }
    Residence residence = device.settings.residence();
    if (instance.requestCount() == 0 && instance.retired) {
      release(instance, LeaveReason.RETIRED);
    } else if (instance.requestCount() == 0 && !residence.pinned().test(instance.model())) {
      int epoch = ++instance.emptyEpoch;
      if (residence.keepAliveNanos() == 0 || !device.spec.memoryMoves()) {
        release(instance, LeaveReason.KEEP_ALIVE);
      } else if (residence.keepAliveNanos() < Long.MAX_VALUE) {
        device.timers.at(
            device.timers.nowNanos() + residence.keepAliveNanos(), () -> expire(instance, epoch));
      }
    }
  }

  private void shrink(Instance instance) {
    int needed = instance.neededBlocks(device.settings.sizing().reserveTokens());
    int blocks =
        device
            .settings
            .sizing()
            .shrunkBlocks(instance.promisedBlocks, needed, device.spec.kvBlockTokens());
    if (blocks != instance.promisedBlocks) {
      device.memory.resize(instance, blocks);
    }
  }

  private void expire(Instance instance, int epoch) {
    if (instance.emptyEpoch == epoch && !instance.draining) {
      device.changed();
      release(instance, LeaveReason.KEEP_ALIVE);
      device.run.run();
    }
  }

  /** From its load on an instance stays for a while, a pinned one for ever. */
  void settle(Instance instance, long loadNanos) {
    Residence residence = device.settings.residence();
    boolean pinned = residence.pinned().test(instance.model());
    long leastNanos = residence.leastNanos(loadNanos);
    instance.stays = pinned || leastNanos > 0;
    if (instance.stays && !pinned) {
      device.timers.at(
          device.timers.nowNanos() + leastNanos,
          () -> {
            instance.stays = residence.pinned().test(instance.model());
            device.changed();
          });
    }
  }

  /** A model was pinned, or is so no more. */
  void pinChanged(ModelId model) {
    boolean pinned = device.settings.residence().pinned().test(model);
    for (Instance instance : List.copyOf(device.instances)) {
      if (instance.model().equals(model) && instance.loaded) {
        instance.stays = pinned;
        if (pinned) {
          instance.emptyEpoch++;
        } else if (instance.requestCount() == 0) {
          afterLeaving(instance);
        }
      }
    }
  }

  /** Ends an instance. */
  void release(Instance instance, LeaveReason reason) {
    device.listener.leaving(instance, reason);
    device.memory.release(instance);
  }

  /** A paused instance has nobody to come back for. */
  void leaveForGood(Instance instance) {
    device.listener.leaving(instance, LeaveReason.DESERTED);
    endPaused(instance);
  }

  /** Gives back what is still held for a paused instance without requests. */
  void endPaused(Instance instance) {
    if (instance.weightsPromised || device.spec.keepsPausedKv()) {
      device.memory.release(instance);
    } else {
      instance.draining = true;
    }
  }
}
