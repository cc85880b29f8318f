package io.slinfer.placement;

import io.slinfer.admission.DeviceSnapshot;
import io.slinfer.admission.InstanceSnapshot;
import io.slinfer.request.ModelId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What instances are worth at one moment, in requests: those they hold and those they can expect.
 *
 * <p>Confined to one decision.
 */
final class Worth {

  private final SlinferPlacement.Tuning tuning;
  private final ClusterView view;
  private final Map<ModelId, Double> arrivals = new HashMap<>();

  Worth(SlinferPlacement.Tuning tuning, ClusterView view) {
    this.tuning = tuning;
    this.view = view;
  }

  /** Requests that it would serve; those that a pause would break count more. */
  double of(InstanceSnapshot instance) {
    return instance.hopeful()
        + (tuning.tightWeight() - 1) * instance.tight()
        + expected(instance.model());
  }

  /** A newcomer on an instance of its own, with the requests that wait for its model. */
  double ofNewcomer(ModelId model) {
    int copies = 1 + view.gpuCopies().getOrDefault(model, 0);
    double waiting = tuning.countsQueue() ? Math.max(1, view.queued().getOrDefault(model, 0)) : 1;
    return waiting + arrivals(model) / copies;
  }

  /** Requests that each of a model's GPU instances can expect over the horizon. */
  double expected(ModelId model) {
    return arrivals(model) / Math.max(1, view.gpuCopies().getOrDefault(model, 0));
  }

  private double arrivals(ModelId model) {
    return arrivals.computeIfAbsent(
        model, asked -> view.demand().applyAsDouble(asked) * tuning.horizonSeconds());
  }

  /** Requests that leaving instances can expect; 0 when none leaves. */
  double expected(DeviceSnapshot device, List<Integer> leaving) {
    double expected = 0;
    for (InstanceSnapshot instance : device.instances()) {
      if (leaving.contains(instance.index())) {
        expected += expected(instance.model());
      }
    }
    return expected;
  }
}
