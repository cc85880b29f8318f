package io.slinfer.scheduler;

import io.slinfer.request.RequestLife;
import io.slinfer.request.RequestState;
import java.util.ArrayList;
import java.util.List;

/**
 * How requests leave the instances of a device: finished, cancelled, failed, or sent back to find
 * another place.
 *
 * <p>Confined to the device's owner.
 */
final class Departures {

  private final DeviceState device;
  private final Stays stays;

  Departures(DeviceState device, Stays stays) {
    this.device = device;
    this.stays = stays;
  }

  /** It has all its tokens. */
  void finish(RequestLife request, Instance instance) {
    remove(request, instance);
    request.become(RequestState.FINISHED);
    device.upstream.finished(request);
  }

  /** The step of the instance failed: its requests are given up. */
  void failStep(Instance instance) {
    for (RequestLife request : List.copyOf(instance.batch().requests())) {
      remove(request, instance);
      request.become(RequestState.REFUSED);
      device.listener.refused(request, "step_failed");
    }
    stays.afterLeaving(instance);
  }

  /** Drops the cancelled requests of an instance that its step or copy does not use. */
  void dropCancelled(Instance instance) {
    if (instance.cancelled.isEmpty()) {
      return;
    }
    for (RequestLife request : List.copyOf(instance.cancelled)) {
      if (instance.isUsing(request)) {
        continue;
      }
      remove(request, instance);
      request.become(RequestState.CANCELLED);
      device.listener.cancelled(request);
    }
    if (instance.paused && instance.requestCount() == 0) {
      stays.leaveForGood(instance);
    }
    stays.afterLeaving(instance);
  }

  /** Sends those that are being evicted back to the coordinator. */
  void sendBack(Instance instance) {
    device.upstream.evicted(turnOut(instance));
  }

  /** Takes off those that are being evicted; returns the ones that need another place. */
  List<RequestLife> turnOut(Instance instance) {
    List<RequestLife> evicted = List.copyOf(instance.evicting);
    instance.evicting.clear();
    List<RequestLife> homeless = new ArrayList<>();
    for (RequestLife request : evicted) {
      boolean isCancelled = instance.cancelled.contains(request);
      remove(request, instance);
      request.computedTokens(0);
      if (isCancelled) {
        request.become(RequestState.CANCELLED);
        device.listener.cancelled(request);
      } else {
        request.countEviction();
        request.become(RequestState.QUEUED);
        device.listener.evicted(request, instance);
        homeless.add(request);
      }
    }
    return homeless;
  }

  /** Takes a request off, with all that it holds. */
  private void remove(RequestLife request, Instance instance) {
    instance.drop(request);
    instance.cancelled.remove(request);
    instance.hold(request, 0);
    device.driver.freed(instance, request);
  }
}
