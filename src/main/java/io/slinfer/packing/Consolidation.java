package io.slinfer.packing;

import io.slinfer.admission.DeviceSnapshot;
import io.slinfer.admission.InstanceSnapshot;
import io.slinfer.request.ModelId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reactive bin-packing: a model that runs on several devices gathers where its batch is largest.
 * The smaller instance takes no more requests and leaves when it has none, if the device of the
 * larger one has the time for its requests.
 *
 * @param aim the part of the promised time per token that decode shares are measured against
 * @param mostShare how much of a device decode steps may take after a move
 */
public record Consolidation(double aim, double mostShare) {

  /** An instance that is to leave, by the indices of its device and its own. */
  public record Retire(int device, int instance) {}

  private record Home(DeviceSnapshot device, InstanceSnapshot instance) {}

  /** What is to leave; at most one instance of each model. */
  public List<Retire> plan(List<DeviceSnapshot> devices) {
    Map<ModelId, Home> largest = new HashMap<>();
    Map<ModelId, Home> smallest = new HashMap<>();
    for (DeviceSnapshot device : devices) {
      for (InstanceSnapshot instance : device.instances()) {
        if (!instance.open() || instance.loading() || instance.stays()) {
          continue;
        }
        Home home = new Home(device, instance);
        largest.merge(instance.model(), home, (a, b) -> batch(b) > batch(a) ? b : a);
        smallest.merge(instance.model(), home, (a, b) -> batch(b) <= batch(a) ? b : a);
      }
    }
    List<Retire> plan = new ArrayList<>();
    largest.forEach(
        (model, target) -> {
          Home leaving = smallest.get(model);
          if (leaving.instance() != target.instance()
              && target.device() != leaving.device()
              && share(target.device()) + share(leaving.instance()) <= mostShare) {
            plan.add(new Retire(leaving.device().index(), leaving.instance().index()));
          }
        });
    return plan;
  }

  private static int batch(Home home) {
    return home.instance().batch();
  }

  private double share(DeviceSnapshot device) {
    double share = 0;
    for (InstanceSnapshot instance : device.instances()) {
      share += instance.parked() ? 0 : share(instance);
    }
    return share;
  }

  private double share(InstanceSnapshot instance) {
    return instance.batch() == 0 ? 0 : instance.decodeNanos() / (aim * instance.tokenNanos());
  }
}
