package io.slinfer.memory;

import io.slinfer.request.ModelId;
import java.util.function.Predicate;

/**
 * How long models stay on a device without requests.
 *
 * @param keepAliveNanos after the last request; Long.MAX_VALUE: until the place is wanted
 * @param leastNanos after a load, before another model may have the place, or ten times as long as
 *     the load took if that is less: two models that do not fit together must not evict each other
 *     on every call
 * @param keepsPrefixes whether KV that requests gave back keeps its contents until somebody needs
 *     the memory; else it is given back at once
 * @param pinned models that never leave
 */
public record Residence(
    long keepAliveNanos, long leastNanos, boolean keepsPrefixes, Predicate<ModelId> pinned) {

  /** The same with other models pinned. */
  public Residence pinning(Predicate<ModelId> others) {
    return new Residence(keepAliveNanos, leastNanos, keepsPrefixes, others);
  }

  /** A load that costs little may be undone soon. */
  private static final int LEAST_LOADS = 10;

  /** How long an instance stays at least whose load took so long. */
  public long leastNanos(long loadNanos) {
    return Math.min(leastNanos, LEAST_LOADS * loadNanos);
  }

  /** Models leave when others want their place, or when their time is over. */
  public static Residence of(long keepAliveNanos) {
    return new Residence(keepAliveNanos, 0, false, model -> false);
  }
}
