package io.slinfer.scheduler;

import io.slinfer.memory.Ledger;
import io.slinfer.request.RequestLife;
import io.slinfer.request.RequestState;
import io.slinfer.scheduler.MemoryAction.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Gives the instances of a device the KV blocks they lack while they run: from what the ledger has
 * left, from instances without requests, which go, and from requests with much slack, which it sets
 * aside: their keys and values go to the host and come back before the slack is used up.
 *
 * <p>Confined to the device's owner.
 */
final class KvRelief {

  /** A request with this much slack can be set aside. */
  static final long SPARE_SLACK_NANOS = 6_000_000_000L;

  /** A request with less slack than this must come back. */
  private static final long COMEBACK_SLACK_NANOS = 3_000_000_000L;

  /** How much more slack than the one that comes back the one that makes room must have. */
  private static final long EXCHANGE_SLACK_NANOS = 1_000_000_000L;

  private static final int LEAST_GROWTH_BLOCKS = 32;

  private final DeviceSettings settings;
  private final Timers timers;
  private final MemoryWork memory;
  private final Ledger ledger;
  private final HostKv hostKv;

  KvRelief(
      DeviceSettings settings, Timers timers, MemoryWork memory, Ledger ledger, HostKv hostKv) {
    this.settings = settings;
    this.timers = timers;
    this.memory = memory;
    this.ledger = ledger;
    this.hostKv = hostKv;
  }

  /**
   * Gives an instance between two steps what it lacks.
   *
   * @return false if it stands still and nothing can be done: it should leave the device
   */
  boolean relieve(Instance instance) {
    if (!isSettled(instance)) {
      return true;
    }
    if (settings.requestPausing()) {
      bringBack(instance);
      int missing = missingForPrompt(instance);
      if (isSettled(instance) && missing > 0 && !grow(instance, missing)) {
        setAside(instance, missing, SPARE_SLACK_NANOS);
      }
    }
    boolean starved =
        isSettled(instance)
            && instance.requestCount() > 0
            && !settings.batching().hasWork(instance);
    if (!starved) {
      return true;
    }
    int needed = instance.neededBlocks(instance.device().kvBlockTokens());
    return grow(instance, Math.max(1, needed - instance.promisedBlocks))
        || setAside(instance, 2, COMEBACK_SLACK_NANOS);
  }

  /** Grows KV before the running requests run out of blocks. */
  void growAhead(Instance instance) {
    boolean settled =
        instance.promisedBlocks <= instance.usableBlocks && instance.actions.isEmpty();
    if (!settled || instance.paused || instance.draining || instance.requestCount() == 0) {
      return;
    }
    int wanted = instance.running.size() / 2 + 1;
    if (instance.freeBlocks() < wanted) {
      int wish = Math.max(LEAST_GROWTH_BLOCKS, 2 * instance.running.size());
      int growth = (int) Math.min(blocksLeft(instance, wish), wish);
      if (growth > 0) {
        memory.resize(instance, instance.promisedBlocks + growth);
      } else if (settings.requestPausing() && isSettled(instance)) {
        setAside(instance, wanted, SPARE_SLACK_NANOS);
      }
    }
  }

  private boolean isSettled(Instance instance) {
    return instance.loaded
        && !instance.paused
        && !instance.draining
        && !instance.stepping
        && instance.actions.isEmpty()
        && !memory.hasPending(instance);
  }

  private static int missingForPrompt(Instance instance) {
    RequestLife next = instance.waiting.peekFirst();
    return next == null
        ? 0
        : instance.device().blocksFor(next.totalTokens()) - instance.freeBlocks();
  }

  private boolean grow(Instance instance, int blocks) {
    if (blocks > blocksLeft(instance, blocks)) {
      return false;
    }
    memory.resize(instance, instance.promisedBlocks + blocks);
    return true;
  }

  /** Blocks not promised to anybody; instances without requests go until there are enough. */
  private long blocksLeft(Instance instance, int wanted) {
    long bytes = instance.blockBytes(wanted);
    List<Instance> instances = hostKv.instances();
    for (int i = 0; i < instances.size() && ledger.unpromisedBytes() < bytes; i++) {
      Instance idle = instances.get(i);
      boolean useless = idle.loaded && idle.requestCount() == 0 && !idle.paused && !idle.draining;
      if (useless && !idle.stays && idle != instance) {
        memory.release(idle);
      }
    }
    return ledger.unpromisedBytes() / instance.blockBytes(1);
  }

  /**
   * Copies out the requests with the most slack until {@code blocks} become free.
   *
   * @return false if that is not possible; then nothing has changed
   */
  private boolean setAside(Instance instance, int blocks, long leastSlackNanos) {
    if (!settings.requestPausing()) {
      return false;
    }
    long nowNanos = timers.nowNanos();
    List<RequestLife> chosen = new ArrayList<>();
    int freed = 0;
    for (RequestLife request : mostSlackFirst(instance, nowNanos)) {
      if (freed >= blocks || request.slackNanos(nowNanos) < leastSlackNanos) {
        break;
      }
      chosen.add(request);
      freed += request.heldBlocks();
    }
    if (freed < blocks || instance.blockBytes(freed) > hostKv.roomBytes()) {
      return false;
    }
    instance.moving.addAll(chosen);
    memory.act(instance, Kind.SET_ASIDE);
    return true;
  }

  private static List<RequestLife> mostSlackFirst(Instance instance, long nowNanos) {
    List<RequestLife> requests = new ArrayList<>();
    for (RequestLife request : instance.running) {
      if (request.state() == RequestState.DECODING && !instance.cancelled.contains(request)) {
        requests.add(request);
      }
    }
    requests.sort(Comparator.comparingLong((RequestLife request) -> -request.slackNanos(nowNanos)));
    return requests;
  }

  /** Copies back the request with the least slack, if there is room or it must be. */
  private void bringBack(Instance instance) {
    if (instance.aside.isEmpty()) {
      return;
    }
    long nowNanos = timers.nowNanos();
    RequestLife first = instance.aside.getFirst();
    for (RequestLife request : instance.aside) {
      if (request.slackNanos(nowNanos) < first.slackNanos(nowNanos)) {
        first = request;
      }
    }
    long slackNanos = first.slackNanos(nowNanos);
    boolean urgent = slackNanos < COMEBACK_SLACK_NANOS;
    if (!urgent && !instance.waiting.isEmpty()) {
      return;
    }
    int margin = urgent ? 1 : instance.running.size() + 1;
    int missing = instance.device().blocksFor(first.totalTokens()) + margin - instance.freeBlocks();
    if (missing <= 0) {
      instance.moving.add(first);
      instance.hold(first, instance.device().blocksFor(first.computedTokens()));
      memory.act(instance, Kind.BRING_BACK);
    } else if (!grow(instance, missing) && urgent) {
      setAside(instance, missing, slackNanos + EXCHANGE_SLACK_NANOS);
    }
  }
}
