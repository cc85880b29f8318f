package io.slinfer.scheduler;

import io.slinfer.scheduler.MemoryAction.Kind;

/**
 * What the end of memory work means for an instance and its requests.
 *
 * <p>Confined to the device's owner.
 */
final class MemoryEnds {

  private final DeviceState device;
  private final Stays stays;
  private final Departures departures;

  MemoryEnds(DeviceState device, Stays stays, Departures departures) {
    this.device = device;
    this.stays = stays;
    this.departures = departures;
  }

  /** The device has done the first of the instance's actions. */
  void done(Instance instance, long durationNanos) {
    MemoryAction action = instance.actions.removeFirst();
    instance.acting = false;
    instance.changed();
    device.memory.done(instance, action);
    switch (action.kind()) {
      case LOAD -> {
        instance.loadedNanos = device.timers.nowNanos();
        instance.stoodSinceNanos = instance.loadedNanos;
        device.loaded(instance, durationNanos);
        stays.settle(instance, durationNanos);
        forgiveLoad(instance, durationNanos);
      }
      case EXPORT -> {
        device.hostKv.exported(instance, device.driver);
        departures.sendBack(instance);
        if (instance.requestCount() == 0) {
          stays.endPaused(instance);
        }
      }
      case IMPORT -> device.hostKv.imported(instance);
      case SET_ASIDE -> device.hostKv.setAside(instance, device.driver);
      case BRING_BACK -> device.hostKv.broughtBack(instance);
      case RESIZE, EVICT, UNLOAD -> {}
    }
    device.listener.memoryActed(instance, action, durationNanos);
    if (action.kind() == Kind.EVICT) {
      departures.sendBack(instance);
    }
    departures.dropCancelled(instance);
    device.memory.giveOut();
  }

  /** A load is forgiven to who waits for it; who was paused meanwhile is owed the time. */
  private static void forgiveLoad(Instance instance, long durationNanos) {
    instance.waiting.forEach(request -> request.forgiveLoad(durationNanos));
    if (!instance.resuming) {
      instance.running.forEach(request -> request.forgiveLoad(durationNanos));
    }
  }

  /** The device could not do the first of the instance's actions. */
  void failed(Instance instance) {
    MemoryAction action = instance.actions.removeFirst();
    instance.acting = false;
    device.memory.failed(instance, action);
    instance.evicting.addAll(instance.waiting);
    instance.waiting.clear();
    instance.changed();
    boolean isBare = instance.promisedBlocks == 0 && !instance.paused;
    boolean useless = isBare || action.kind() == Kind.LOAD || instance.resuming;
    if (useless && !instance.draining) {
      instance.evictAll();
      stays.release(instance, LeaveReason.FAILED);
    }
    departures.sendBack(instance);
    departures.dropCancelled(instance);
    if (instance.requestCount() == 0 && !instance.draining && !instance.paused) {
      stays.release(instance, LeaveReason.FAILED);
    }
    device.memory.giveOut();
  }
}
