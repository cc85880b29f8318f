package io.slinfer.node;

import io.slinfer.request.DeviceId;
import io.slinfer.request.InstanceId;
import io.slinfer.scheduler.DeviceLoop;
import io.slinfer.scheduler.Instance;
import java.util.OptionalLong;

/**
 * An instance in full.
 *
 * @param state loading, loaded, paused, resuming or leaving
 * @param staying whether it may not leave for another model: pinned, or not here long enough
 * @param requests all of its requests, running or not
 * @param slackNanos least slack of its requests that can still be in time; empty if there is none
 */
public record InstanceReport(
    InstanceId id,
    DeviceId device,
    String state,
    boolean staying,
    int requests,
    InstanceStatus status,
    OptionalLong slackNanos) {

  static InstanceReport of(DeviceLoop loop, Instance instance, long nowNanos) {
    long slack = instance.leastSlackNanos(nowNanos);
    return new InstanceReport(
        instance.id(),
        loop.spec().id(),
        state(instance),
        instance.isStaying(),
        instance.requestCount(),
        InstanceStatus.of(instance),
        slack > Long.MAX_VALUE / 4 ? OptionalLong.empty() : OptionalLong.of(slack));
  }

  private static String state(Instance instance) {
    if (instance.isLeaving()) {
      return "leaving";
    }
    if (instance.isPaused()) {
      return instance.isResuming() ? "resuming" : "paused";
    }
    return instance.isLoaded() ? "loaded" : "loading";
  }
}
