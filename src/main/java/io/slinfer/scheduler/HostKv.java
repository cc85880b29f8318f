package io.slinfer.scheduler;

import io.slinfer.request.RequestLife;
import io.slinfer.request.RequestState;
import java.util.List;

/**
 * The keys and values of one device that are on the host.
 *
 * <p>Confined to the device's owner.
 *
 * @param mostBytes how much the host keeps for the device
 * @param instances all instances of the device; a live view
 */
record HostKv(long mostBytes, List<Instance> instances) {

  /** Bytes that are on the host, on their way there, or on their way back. */
  long bytes() {
    long bytes = 0;
    for (Instance instance : instances) {
      bytes += instance.paused ? instance.pausedKvBytes() : 0;
    }
    return bytes;
  }

  /** Whether the keys and values of an instance would fit beside what is there. */
  boolean hasRoomFor(Instance instance) {
    return bytes() + instance.pausedKvBytes() <= mostBytes;
  }

  /** The keys and values of an instance have arrived on the host; half a prompt's are dropped. */
  void exported(Instance instance, DeviceDriver driver) {
    for (RequestLife request : List.copyOf(instance.running)) {
      if (request.state() == RequestState.PREFILLING) {
        instance.running.remove(request);
        instance.evicting.add(request);
      } else {
        instance.hold(request, 0);
        driver.freed(instance, request);
        request.become(RequestState.PAUSED);
      }
    }
    instance.draining = instance.running.isEmpty();
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
