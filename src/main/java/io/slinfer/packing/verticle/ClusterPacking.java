package io.slinfer.packing.verticle;

import io.slinfer.cluster.InstanceState;
import io.slinfer.packing.Consolidation;
import io.slinfer.packing.Consolidation.Home;
import io.slinfer.packing.Consolidation.Retire;
import io.slinfer.request.ModelId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * What is to leave, of all that the nodes tell. What they tell is a moment old: after an order for
 * a model there is no other for that model until its instance is seen to leave, or some time has
 * passed; else its last two instances could be told to leave for each other.
 *
 * <p>Confined to its user.
 */
final class ClusterPacking {

  private static final long ORDER_NANOS = 5_000_000_000L;

  private record Order(String instance, long atNanos) {}

  private final Consolidation consolidation;
  private final Map<String, Order> orders = new HashMap<>();

  ClusterPacking(Consolidation consolidation) {
    this.consolidation = consolidation;
  }

  /**
   * The instances that are to leave, by their keys.
   *
   * @param instances all that nodes tell
   * @param live whether a node answers
   */
  Map<String, InstanceState> plan(
      Map<String, InstanceState> instances, Predicate<String> live, long nowNanos) {
    Map<String, InstanceState> seen = new TreeMap<>(instances);
    seen.values().removeIf(instance -> !live.test(instance.node()));
    orders
        .values()
        .removeIf(
            order ->
                nowNanos - order.atNanos() > ORDER_NANOS
                    || !seen.containsKey(order.instance())
                    || seen.get(order.instance()).state().equals("leaving"));
    List<String> keys = List.copyOf(seen.keySet());
    List<Home> homes = homes(seen, keys);
    Map<String, InstanceState> leaving = new LinkedHashMap<>();
    for (Retire retire : consolidation.planOf(homes)) {
      String key = keys.get(retire.instance());
      InstanceState instance = seen.get(key);
      if (orders.putIfAbsent(instance.model(), new Order(key, nowNanos)) == null) {
        leaving.put(key, instance);
      }
    }
    return leaving;
  }

  /** Devices and instances numbered through the cluster. */
  private static List<Home> homes(Map<String, InstanceState> seen, List<String> keys) {
    Map<String, Integer> devices = new HashMap<>();
    Map<Integer, Double> shares = new HashMap<>();
    for (InstanceState instance : seen.values()) {
      int device = devices.computeIfAbsent(device(instance), name -> devices.size());
      shares.merge(device, instance.share(), Double::sum);
    }
    List<Home> homes = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      InstanceState instance = seen.get(keys.get(i));
      if (instance.state().equals("loaded") && !instance.stays()) {
        int device = devices.get(device(instance));
        homes.add(
            new Home(
                new ModelId(instance.model()),
                new Retire(device, i),
                instance.running() + instance.waiting(),
                instance.share(),
                shares.get(device)));
      }
    }
    return homes;
  }

  private static String device(InstanceState instance) {
    return instance.node() + "/" + instance.device();
  }
}
