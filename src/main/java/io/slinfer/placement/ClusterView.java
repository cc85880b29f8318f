package io.slinfer.placement;

import io.slinfer.admission.DeviceSnapshot;
import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.request.ModelId;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.ToDoubleFunction;

/**
 * All devices at one moment; immutable.
 *
 * @param costs what a model costs on a kind of device
 * @param placedBefore how many requests of the candidate's model were placed so far
 * @param demand requests a second for a model, as seen lately
 * @param queued requests that wait for a place, by model
 * @param gpuCopies open instances on GPUs, by model
 */
public record ClusterView(
    List<DeviceSnapshot> devices,
    BiFunction<ModelId, DeviceKind, InstanceCosts> costs,
    long placedBefore,
    ToDoubleFunction<ModelId> demand,
    Map<ModelId, Integer> queued,
    Map<ModelId, Integer> gpuCopies) {}
