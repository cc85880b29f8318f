package io.slinfer.cluster;

import com.hazelcast.map.EntryProcessor;
import com.hazelcast.map.IMap;
import io.vertx.core.Future;
import java.io.Serial;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Leadership by leases: an entry changed only by entry processors, which run one at a time where
 * the entry lives. A holder that renews in time keeps its role and its fencing number; after the
 * end of the lease anyone may take it, with the next number. (The open-source edition of Hazelcast
 * has no consistent-partition subsystem: in a split cluster both sides may have a holder.)
 */
public final class Leases {

  private final IMap<String, Lease> shared;
  private final String nodeName;
  private final LongSupplier clusterMillis;

  Leases(IMap<String, Lease> shared, String nodeName, LongSupplier clusterMillis) {
    this.shared = shared;
    this.nodeName = nodeName;
    this.clusterMillis = clusterMillis;
  }

  /** Takes or renews a role; empty if another node holds it. */
  public Future<Optional<Lease>> acquire(String role, long durationMillis) {
    Acquire acquire = new Acquire(nodeName, clusterMillis.getAsLong(), durationMillis);
    return StateMap.future(shared.submitToKey(role, acquire))
        .map(lease -> Optional.of(lease).filter(held -> held.holder().equals(nodeName)));
  }

  /** Gives a role up if this node holds it. */
  public Future<Void> release(String role) {
    return StateMap.future(shared.submitToKey(role, new Release(nodeName))).mapEmpty();
  }

  /**
   * Makes the node the holder if the role is free, its own, or its lease has ended; returns the
   * lease in force.
   */
  private record Acquire(String node, long nowMillis, long durationMillis)
      implements EntryProcessor<String, Lease, Lease> {

    @Serial private static final long serialVersionUID = 1;

    @Override
    public Lease process(Map.Entry<String, Lease> entry) {
      Lease current = entry.getValue();
      boolean isOwn = current != null && current.holder().equals(node);
      if (current != null && !isOwn && nowMillis < current.untilMillis()) {
        return current;
      }
      long number = current == null ? 1 : current.fencingNumber() + (isOwn ? 0 : 1);
      Lease lease = new Lease(node, number, nowMillis + durationMillis);
      entry.setValue(lease);
      return lease;
    }
  }

  /** Ends the node's own lease now; the entry stays, for its fencing number. */
  private record Release(String node) implements EntryProcessor<String, Lease, Void> {

    @Serial private static final long serialVersionUID = 1;

    @Override
    public Void process(Map.Entry<String, Lease> entry) {
      Lease current = entry.getValue();
      if (current != null && current.holder().equals(node)) {
        entry.setValue(new Lease("", current.fencingNumber(), 0));
      }
      return null;
    }
  }
}
