package io.slinfer.node;

import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.engine.EngineEvent;
import io.slinfer.engine.ModelSource;
import io.slinfer.node.Command.Submit;
import io.slinfer.request.Failure;
import io.slinfer.request.ModelId;
import io.slinfer.request.RequestId;
import java.util.Map;

/**
 * What comes to a node from outside and begins a turn. With the time of each turn, these are all
 * that its decisions follow from.
 */
public sealed interface Input {

  /** A request. */
  record Submitted(Submit submit) implements Input {}

  /**
   * A request is no longer wanted.
   *
   * @param cause why, to be told its caller; null if the caller is gone
   */
  record Cancelled(RequestId id, Failure cause) implements Input {}

  /**
   * The answer to a question for a model's costs.
   *
   * @param question which one: 1, 2, ... in the order asked
   * @param costs null if there is none
   * @param failure why there is none; null if there is one
   */
  record Costs(long question, Map<DeviceKind, InstanceCosts> costs, String failure)
      implements Input {}

  /** A device's engine reports. */
  record Engine(int device, EngineEvent event) implements Input {}

  /**
   * A timer has run out.
   *
   * @param number which one: 1, 2, ... in the order set
   */
  record Timer(long number) implements Input {}

  /** A model is to be known. */
  record Learn(ModelSource source) implements Input {}

  /** A model is to be loaded, if there is room. */
  record Load(ModelSource source) implements Input {}

  /** As {@link Load}, of a model that the node knows. */
  record Warm(ModelId model) implements Input {}

  /**
   * A model is to leave.
   *
   * @param cause what its requests are told; null: they are served to their end
   */
  record Unload(ModelId model, Failure cause) implements Input {}

  /** A model is to stay for ever, or as long as others. */
  record Pin(ModelId model, boolean pinned) implements Input {}

  /** Superfluous instances are to leave. */
  record Consolidate(double aim, double mostShare) implements Input {}

  /** An instance is to leave; one that is gone is ignored. */
  record Retire(int device, int instance, ModelId model) implements Input {}
}
