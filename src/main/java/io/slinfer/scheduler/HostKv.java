package io.slinfer.scheduler;

import io.slinfer.cost.DeviceSpec;
import io.slinfer.request.RequestLife;
import io.slinfer.request.RequestState;
import java.util.List;

/**
 * The keys and values of one device that are on the host.
 *
 * <p>Confined to the device's owner.
 *
 * @param spec where they stay on the device, none of this counts as the host's
 * @param mostBytes how much the host keeps for the device
 * @param instances all instances of the device; a live view
 */
record HostKv(DeviceSpec spec, long mostBytes, List<Instance> instances) {

  /** Bytes that are on the host, on their way there, or on their way back. */
  long bytes() {
    long bytes = 0;
    for (Instance instance : instances) {
      bytes += instance.hostBytes(instance.aside);
      if (instance.paused) {
        bytes += spec.keepsPausedKv() ? 0 : instance.pausedKvBytes();
      } else {
        for (RequestLife request : instance.moving) {
          boolean leaves = request.state() == RequestState.DECODING;
          bytes += leaves ? instance.blockBytes(request.heldBlocks()) : 0;
        }
      }
    }
    return bytes;
  }

  /** Bytes that may still be moved to the host. */
  long roomBytes() {
    return mostBytes - bytes();
  }

  /** Whether the keys and values of an instance would fit beside what is there. */
  boolean hasRoomFor(Instance instance) {
    return spec.keepsPausedKv() || instance.pausedKvBytes() <= roomBytes();
  }

  /**
   * The keys and values of an instance have arrived on the host, or stay; half a prompt's are
   * dropped.
   */
  void exported(Instance instance, DeviceDriver driver) {
    for (RequestLife request : List.copyOf(instance.running)) {
      if (request.state() == RequestState.PREFILLING) {
        instance.running.remove(request);
        instance.evicting.add(request);
      } else {
        if (!spec.keepsPausedKv()) {
          instance.hold(request, 0);
          driver.freed(instance, request);
        }
        request.become(RequestState.PAUSED);
      }
    }
  }

  /** The requests that were moving are on the host. */
  void setAside(Instance instance, DeviceDriver driver) {
    for (RequestLife request : instance.moving) {
      instance.running.remove(request);
      instance.hold(request, 0);
      driver.freed(instance, request);
      request.become(RequestState.PAUSED);
      instance.aside.add(request);
    }
    instance.moving.clear();
  }

  /** The requests that were moving are back on the device. */
  void broughtBack(Instance instance) {
    for (RequestLife request : instance.moving) {
      instance.aside.remove(request);
      request.become(RequestState.DECODING);
      instance.running.add(request);
    }
    instance.moving.clear();
  }

  /** The keys and values of an instance are back on the device. */
  void imported(Instance instance) {
    for (RequestLife request : instance.running) {
      instance.hold(request, instance.device().blocksFor(request.computedTokens()));
      request.become(RequestState.DECODING);
    }
    instance.paused = false;
    instance.resuming = false;
  }
}
