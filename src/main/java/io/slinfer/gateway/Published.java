package io.slinfer.gateway;

import io.slinfer.cluster.StateMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;

/**
 * This node's entries of a shared map: only what differs from what was told last goes out. While
 * other nodes are lost or frozen a change may be lost, or overtaken by one before it; so what is
 * seen in the map is compared with what was told, once a second, and told again where it differs
 * twice. Confined to the node's owner.
 */
final class Published<V> {

  private final StateMap<V> map;
  private final String node;
  private final BiPredicate<V, V> same;
  private final Map<String, V> told = new HashMap<>();
  private Set<String> differed = new HashSet<>();

  /**
   * @param node its entries' keys are this name, or begin with it and a slash
   * @param same whether two entries say the same
   */
  Published(StateMap<V> map, String node, BiPredicate<V, V> same) {
    this.map = map;
    this.node = node;
    this.same = same;
  }

  /** What was told last; null if nothing. */
  V told(String key) {
    return told.get(key);
  }

  void tell(String key, V value) {
    if (!value.equals(told.put(key, value))) {
      map.put(key, value);
    }
  }

  /** Removes all entries but these. */
  void keep(Set<String> keys) {
    for (String key : List.copyOf(told.keySet())) {
      if (!keys.contains(key)) {
        told.remove(key);
        map.remove(key);
      }
    }
  }

  /** Tells everything again: others may have dropped it. */
  void retell() {
    told.forEach(map::put);
  }

  /** Tells again what is seen otherwise than it was told, now and the last time. */
  void check() {
    Set<String> differs = new HashSet<>();
    told.forEach(
        (key, value) -> {
          V seen = map.entries().get(key);
          if (seen == null || !same.test(seen, value)) {
            differs.add(key);
          }
        });
    for (String key : map.entries().keySet()) {
      boolean own = key.equals(node) || key.startsWith(node + "/");
      if (own && !told.containsKey(key)) {
        differs.add(key);
      }
    }
    for (String key : differs) {
      if (differed.contains(key)) {
        if (told.containsKey(key)) {
          map.put(key, told.get(key));
        } else {
          map.remove(key);
        }
      }
    }
    differed = differs;
  }
}
