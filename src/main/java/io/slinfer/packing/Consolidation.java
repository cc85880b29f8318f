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

  /** What servers pack with. */
  public static final Consolidation USUAL = new Consolidation(0.95, 0.7);

  /** An instance that is to leave, by the indices of its device and its own. */
  public record Retire(int device, int instance) {}

  /**
   * An instance that could gather others, or leave for another.
   *
   * @param device which device, and which instance there
   * @param batch requests on it
   * @param share of its device's time
   * @param deviceShare of all instances of its device
   */
  public record Home(ModelId model, Retire place, int batch, double share, double deviceShare) {}

  /** What is to leave; at most one instance of each model. */
  public List<Retire> plan(List<DeviceSnapshot> devices) {
    List<Home> homes = new ArrayList<>();
    for (DeviceSnapshot device : devices) {
      double deviceShare =
          device.instances().stream().filter(i -> !i.parked()).mapToDouble(this::share).sum();
      for (InstanceSnapshot instance : device.instances()) {
        if (instance.open() && !instance.loading() && !instance.stays()) {
          Retire place = new Retire(device.index(), instance.index());
          homes.add(
              new Home(instance.model(), place, instance.batch(), share(instance), deviceShare));
        }
      }
    }
    return planOf(homes);
  }

  /** The same from what is known of the instances that take requests and may leave. */
  public List<Retire> planOf(List<Home> homes) {
    Map<ModelId, Home> largest = new HashMap<>();
    Map<ModelId, Home> smallest = new HashMap<>();
    for (Home home : homes) {
      largest.merge(home.model(), home, (a, b) -> b.batch() > a.batch() ? b : a);
      smallest.merge(home.model(), home, (a, b) -> b.batch() <= a.batch() ? b : a);
    }
    List<Retire> plan = new ArrayList<>();
    largest.forEach(
        (model, target) -> {
          Home leaving = smallest.get(model);
          if (leaving.place().device() != target.place().device()
              && target.deviceShare() + leaving.share() <= mostShare) {
            plan.add(leaving.place());
          }
        });
    return plan;
  }

  /** The part of its device's time that an instance's decode steps take of what is promised. */
  public double share(InstanceSnapshot instance) {
    return instance.batch() == 0 ? 0 : instance.decodeNanos() / (aim * instance.tokenNanos());
  }
}
