package io.slinfer.node;

import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.cost.MeasuredSteps;
import io.slinfer.engine.ModelSource;
import io.vertx.core.Future;
import java.util.Map;

/**
 * Finds out what a model costs on the devices of a node, before it is loaded for the first time,
 * and keeps what was measured of it afterwards.
 */
@FunctionalInterface
public interface CostSource {

  /**
   * The costs for each kind of device, weights with the scratch that a step needs. May read files;
   * never on the caller's thread, unless it is quick. Fails with a message fit for the caller.
   */
  Future<Map<DeviceKind, InstanceCosts>> of(ModelSource source);

  /**
   * How long steps of a model may be measured for on an idle device, as nobody has yet; 0: not at
   * all. Any thread; as {@link #of}.
   */
  default Future<Long> probeNanos(ModelSource source, DeviceKind kind) {
    return Future.succeededFuture(0L);
  }

  /** Keeps what was measured of a model for the next time; its costs from now on. */
  default Future<InstanceCosts> measured(ModelSource source, DeviceKind kind, MeasuredSteps steps) {
    return Future.failedFuture("nothing is kept here");
  }
}
