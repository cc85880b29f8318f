package io.slinfer.node;

import io.slinfer.request.ModelId;
import io.slinfer.scheduler.Instance;

/**
 * How a model stands on a device.
 *
 * @param loaded false while it loads
 * @param running requests that hold KV blocks
 * @param waiting requests that do not
 * @param kvUsedBytes KV blocks that requests use
 * @param kvHeldBytes KV blocks that have memory
 */
public record InstanceStatus(
    ModelId model,
    boolean loaded,
    int running,
    int waiting,
    long weightBytes,
    long kvUsedBytes,
    long kvHeldBytes) {

  /** As the scheduler sees it. */
  static InstanceStatus of(Instance instance) {
    int running = instance.runningRequests().size();
    return new InstanceStatus(
        instance.model(),
        instance.isLoaded(),
        running,
        instance.requestCount() - running,
        instance.isLoaded() ? instance.costs().shape().weightBytes() : 0,
        instance.usedKvBytes(),
        instance.heldKvBytes());
  }
}
