package io.slinfer.node;

import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.engine.ModelSource;
import io.vertx.core.Future;
import java.util.Map;

/**
 * Finds out what a model costs on the devices of a node, before it is loaded for the first time.
 */
@FunctionalInterface
public interface CostSource {

  /**
   * The costs for each kind of device, weights with the scratch that a step needs. May read files;
   * never on the caller's thread, unless it is quick. Fails with a message fit for the caller.
   */
  Future<Map<DeviceKind, InstanceCosts>> of(ModelSource source);
}
