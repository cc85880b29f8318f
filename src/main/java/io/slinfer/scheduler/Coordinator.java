package io.slinfer.scheduler;

import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.placement.PlacementPolicy;
import io.slinfer.request.ModelId;
import io.slinfer.request.RequestLife;
import java.util.List;
import java.util.function.BiFunction;

/** Takes requests and finds them places. */
public interface Coordinator extends DeviceLoop.Upstream {

  /** A request has arrived, now. */
  void arrive(RequestLife request);

  /** Forgets a request: no step after the one in flight includes it. Once ended, it is ignored. */
  void cancel(RequestLife request);

  /**
   * What a coordinator works with.
   *
   * @param costs what a model costs on a kind of device
   */
  record Surroundings(
      List<? extends DevicePort> devices,
      BiFunction<ModelId, DeviceKind, InstanceCosts> costs,
      PlacementPolicy policy,
      Timers timers,
      SchedulerListener listener) {

    public Surroundings {
      devices = List.copyOf(devices);
    }
  }
}
