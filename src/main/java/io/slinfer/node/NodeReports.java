package io.slinfer.node;

import io.slinfer.request.RequestId;
import io.slinfer.request.RequestLife;
import io.slinfer.scheduler.DeviceLoop;
import io.slinfer.scheduler.Instance;
import io.slinfer.scheduler.Timers;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How a node's devices, instances and requests stand, for operators.
 *
 * <p>Confined to the node's owner.
 */
public final class NodeReports {

  private final List<DeviceLoop> loops;
  private final LiveRequests requests;
  private final Timers timers;

  NodeReports(List<DeviceLoop> loops, LiveRequests requests, Timers timers) {
    this.loops = loops;
    this.requests = requests;
    this.timers = timers;
  }

  /** The devices' ledgers. */
  public List<DeviceReport> devices() {
    return loops.stream().map(DeviceReport::of).toList();
  }

  /** Every instance. */
  public List<InstanceReport> instances() {
    long nowNanos = timers.nowNanos();
    return loops.stream()
        .flatMap(
            loop ->
                loop.instances().stream()
                    .map(instance -> InstanceReport.of(loop, instance, nowNanos)))
        .toList();
  }

  /** Every request that has not ended, in order of arrival. */
  public List<RequestReport> requests() {
    long nowNanos = timers.nowNanos();
    Map<RequestId, Instance> places = new HashMap<>();
    for (DeviceLoop loop : loops) {
      for (Instance instance : loop.instances()) {
        for (RequestLife life : instance.requests()) {
          places.put(life.id(), instance);
        }
      }
    }
    return requests.all().stream()
        .map(request -> RequestReport.of(request, places.get(request.id()), nowNanos))
        .sorted(Comparator.comparingLong(report -> -report.ageNanos()))
        .toList();
  }
}
