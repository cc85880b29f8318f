package io.slinfer.node;

import io.slinfer.engine.Engine;
import io.slinfer.engine.Sequence;
import io.slinfer.kvcache.BlockPool;
import io.slinfer.kvcache.BlockTable;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Gives KV blocks to the requests of a device. Short of blocks, in this order: the instance grows
 * if the budget has room; slabs that other instances do not use go back; the most junior request of
 * the device gives up its blocks, to be computed again. A request may only displace its juniors,
 * and seniority is a total order that never changes, so the most senior request always goes on.
 * While a senior is short of blocks, juniors take no slabs from other instances, nor start with new
 * ones: else two instances could take the same slabs from each other for ever.
 *
 * <p>While the budget has room an instance grows before it forgets cached prefixes.
 *
 * <p>Confined to the device's owner.
 */
final class KvMemory {

  private record Resize(Instance instance, int[] slabs, boolean grow) {}

  private final Engine engine;
  private final KvBudget budget;
  private final Collection<Instance> instances;
  private final LongSupplier tickets;
  private final Map<Long, Resize> resizes = new HashMap<>();

  /** The most senior request that could not get its blocks; null if all could. */
  private DeviceRequest mostSeniorShort;

  /**
   * @param instances a live view of the device's instances
   * @param tickets gives each engine command its own
   */
  KvMemory(Engine engine, KvBudget budget, Collection<Instance> instances, LongSupplier tickets) {
    this.engine = engine;
    this.budget = budget;
    this.instances = instances;
    this.tickets = tickets;
  }

  /** The longest sequence that the instance can ever hold. */
  int capacityTokens(Instance instance) {
    return instance.capacityTokens(budget.capacityBytes());
  }

  /**
   * Gives a request's table room for {@code tokens} tokens; false if it must wait, for the engine
   * or for others to end.
   *
   * @param mayPreempt whether juniors may be displaced
   */
  boolean reserve(Instance instance, DeviceRequest request, int tokens, boolean mayPreempt) {
    BlockTable table = request.sequence().blocks();
    BlockPool pool = instance.pool();
    while (!pool.reserve(table, tokens)) {
      noteShort(request);
      int missing = BlockTable.blocksFor(tokens) - table.size() - pool.availableBlocks();
      boolean first = request == mostSeniorShort;
      boolean mayGrow = first || request.state() == DeviceRequest.State.RUNNING;
      if (instance.resizing()
          || (mayGrow && grow(instance, missing))
          || (first && reclaim(instance))
          || !mayPreempt
          || !preemptJuniorOf(request)) {
        return false;
      }
    }
    forget(request);
    boolean noneFree = pool.availableBlocks() == pool.cachedBlocks();
    if (noneFree && !instance.resizing() && mostSeniorShort == null) {
      grow(instance, 1);
    }
    return true;
  }

  /** A request is short of blocks no longer, or has ended. */
  void forget(DeviceRequest request) {
    if (request == mostSeniorShort) {
      mostSeniorShort = null;
    }
  }

  private void noteShort(DeviceRequest request) {
    if (mostSeniorShort == null || DeviceRequest.SENIORITY.compare(request, mostSeniorShort) < 0) {
      mostSeniorShort = request;
    }
  }

  /** Gives a request's blocks back; it must be computed again if it goes on. */
  void release(Instance instance, DeviceRequest request) {
    Sequence sequence = request.sequence();
    instance.pool().release(sequence.blocks());
    sequence.computed(0);
  }

  /**
   * Gives back all memory of an instance that has no requests.
   *
   * @return whether it has none already
   */
  boolean drop(Instance instance) {
    if (instance.resizing()) {
      return false;
    }
    int[] slabs = instance.pool().planShrink(instance.pool().maxSlabs());
    if (slabs.length > 0) {
      start(new Resize(instance, slabs, false));
    }
    return slabs.length == 0;
  }

  /** The engine has carried out a resize; false if the ticket is not one. */
  boolean resized(long ticket) {
    Resize resize = resizes.remove(ticket);
    if (resize == null) {
      return false;
    }
    resize.instance.resizing(false);
    if (resize.grow) {
      resize.instance.pool().grown(resize.slabs);
    } else {
      resize.instance.pool().shrunk(resize.slabs);
      budget.giveBack(bytes(resize));
    }
    return true;
  }

  /**
   * The engine could not carry out a resize; false if the ticket is not one. The device has less
   * memory than its budget says: from now on the budget is what it has given.
   */
  boolean refused(long ticket) {
    Resize resize = resizes.remove(ticket);
    if (resize == null) {
      return false;
    }
    resize.instance.resizing(false);
    if (resize.grow) {
      resize.instance.pool().refused(resize.slabs);
      budget.giveBack(bytes(resize));
      budget.limitToTaken();
    }
    return true;
  }

  private boolean grow(Instance instance, int blocks) {
    BlockPool pool = instance.pool();
    int wanted = Math.ceilDiv(blocks, pool.blocksPerSlab()) + pool.heldSlabs() / 4;
    long room = budget.room(instance.loaded().slabBytes());
    int[] slabs = pool.planGrow((int) Math.min(wanted, room));
    if (slabs.length == 0) {
      return false;
    }
    Resize resize = new Resize(instance, slabs, true);
    budget.take(bytes(resize));
    start(resize);
    return true;
  }

  /** Takes one idle slab at least from an instance other than {@code needy}, if there is one. */
  private boolean reclaim(Instance needy) {
    long wantedBytes = needy.loaded().slabBytes();
    for (Instance other : instances) {
      if (other == needy || !other.isLoaded() || other.resizing()) {
        if (other != needy && other.resizing()) {
          return true;
        }
        continue;
      }
      long wanted = Math.ceilDiv(wantedBytes, other.loaded().slabBytes());
      int[] slabs = other.pool().planShrink((int) Math.min(wanted, other.pool().maxSlabs()));
      if (slabs.length > 0) {
        start(new Resize(other, slabs, false));
        return true;
      }
    }
    return false;
  }

  private void start(Resize resize) {
    long ticket = tickets.getAsLong();
    resizes.put(ticket, resize);
    resize.instance.resizing(true);
    if (resize.grow) {
      engine.mapSlabs(ticket, resize.instance.id(), resize.slabs);
    } else {
      engine.unmapSlabs(ticket, resize.instance.id(), resize.slabs);
    }
  }

  private boolean preemptJuniorOf(DeviceRequest senior) {
    Instance home = null;
    DeviceRequest victim = senior;
    for (Instance instance : instances) {
      for (DeviceRequest request : instance.requests()) {
        if (request.state() == DeviceRequest.State.RUNNING
            && DeviceRequest.SENIORITY.compare(request, victim) > 0) {
          victim = request;
          home = instance;
        }
      }
    }
    if (home == null) {
      return false;
    }
    release(home, victim);
    victim.state(DeviceRequest.State.PREEMPTED);
    home.meters().preempted();
    return true;
  }

  private static long bytes(Resize resize) {
    return resize.slabs.length * resize.instance.loaded().slabBytes();
  }
}
