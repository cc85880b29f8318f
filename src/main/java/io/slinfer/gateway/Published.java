package io.slinfer.gateway;

import io.slinfer.cluster.StateMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;

/**
 * This node's entries of a shared map: only what differs from what was told last goes out. An entry
 * that is lost with other nodes is told again. Confined to the node's owner.
 */
final class Published<V> {

  private final StateMap<V> map;
  private final Map<String, V> told = new HashMap<>();

  /**
   * @param owner runs tasks on the owner's thread
   * @param again called when an entry was lost
   */
  Published(StateMap<V> map, Executor owner, Runnable again) {
    this.map = map;
    map.onChange(
        owner,
        change -> {
          if (change.isRemoval() && told.remove(change.key()) != null) {
            again.run();
          }
        });
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
    told.keySet()
        .removeIf(
            key -> {
              boolean gone = !keys.contains(key);
              if (gone) {
                map.remove(key);
              }
              return gone;
            });
  }
}
