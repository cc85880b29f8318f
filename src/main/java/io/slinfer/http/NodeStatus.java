package io.slinfer.http;

import io.slinfer.request.ModelId;
import io.vertx.core.Future;
import java.util.List;

/** How the devices of this node stand. Safe for any thread. */
@FunctionalInterface
public interface NodeStatus {

  /** All devices; answered by their owners. */
  Future<List<Device>> devices();

  /**
   * One device.
   *
   * @param kind {@code cpu}, {@code java}, {@code gpu}
   * @param detail one line: kernels, instruction set, threads
   * @param kvBudgetBytes what the KV blocks of all its models may take
   */
  record Device(
      String id, String kind, String detail, long kvBudgetBytes, List<Instance> instances) {

    public Device {
      instances = List.copyOf(instances);
    }
  }

  /**
   * A model on a device.
   *
   * @param loaded false while it loads
   * @param running requests that take part in steps
   * @param waiting requests that do not yet
   * @param kvUsedBytes KV blocks that requests use
   * @param kvHeldBytes KV blocks that have memory
   */
  record Instance(
      ModelId model,
      boolean loaded,
      int running,
      int waiting,
      long weightBytes,
      long kvUsedBytes,
      long kvHeldBytes) {}
}
