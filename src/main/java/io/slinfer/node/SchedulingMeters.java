package io.slinfer.node;

import io.slinfer.metrics.DeviceMeters;
import io.slinfer.metrics.ServingMeters;
import io.slinfer.request.ModelId;
import io.slinfer.request.RequestLife;
import io.slinfer.scheduler.DeviceLoop;
import io.slinfer.scheduler.Instance;
import io.slinfer.scheduler.LeaveReason;
import io.slinfer.scheduler.MemoryAction;
import io.slinfer.scheduler.SchedulerListener;
import io.slinfer.scheduler.Timers;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Tells the meters what the scheduler does: ledgers, slack, cold starts, evictions, moves.
 *
 * <p>Confined to the node's owner.
 */
final class SchedulingMeters implements SchedulerListener {

  /** A request that waits for a load. */
  private static final class ColdStart {
    private final long placedNanos;
    private long loadStartNanos;
    private long loadedNanos;

    ColdStart(long placedNanos) {
      this.placedNanos = placedNanos;
    }
  }

  private final ServingMeters meters;
  private final Timers timers;
  private final List<DeviceLoop> loops;
  private final Map<RequestLife, ColdStart> cold = new IdentityHashMap<>();
  private final Map<String, DeviceMeters> devices = new HashMap<>();

  /**
   * @param loops a live view
   */
  SchedulingMeters(ServingMeters meters, Timers timers, List<DeviceLoop> loops) {
    this.meters = meters;
    this.timers = timers;
    this.loops = loops;
  }

  /** A device is there, empty. */
  void add(DeviceLoop loop) {
    ofDevice(loop.spec().id().value(), loop.spec().capacityBytes());
  }

  private DeviceMeters ofDevice(String device, long capacityBytes) {
    return devices.computeIfAbsent(device, id -> meters.ofDevice(id, capacityBytes));
  }

  private DeviceMeters ofDevice(Instance instance) {
    return ofDevice(instance.device().id().value(), instance.device().capacityBytes());
  }

  @Override
  public void placed(RequestLife request, Instance instance) {
    if (request.evictions() > 0) {
      meters.of(request.model()).moved();
    }
    if (!instance.isLoaded() && request.generatedTokens() == 0) {
      cold.putIfAbsent(request, new ColdStart(timers.nowNanos()));
    }
    ledger(instance);
  }

  @Override
  public void stepStarted(Instance instance) {
    long slackNanos = instance.leastSlackNanos(timers.nowNanos());
    boolean allAreLate = slackNanos > Long.MAX_VALUE / 4;
    ofDevice(instance).stepBegins(allAreLate ? -1 : slackNanos);
    state(instance.model());
    ledger(instance);
  }

  @Override
  public void stepEnded(Instance instance, long durationNanos) {
    state(instance.model());
    ledger(instance);
  }

  @Override
  public void token(RequestLife request, Instance instance) {
    ColdStart start = request.generatedTokens() == 1 ? cold.remove(request) : null;
    if (start != null && start.loadedNanos != 0) {
      meters
          .of(request.model())
          .coldStarted(
              start.placedNanos - request.arrivalNanos(),
              Math.max(0, start.loadStartNanos - start.placedNanos),
              start.loadedNanos - Math.max(start.loadStartNanos, start.placedNanos),
              timers.nowNanos() - start.loadedNanos);
    }
  }

  @Override
  public void memoryActed(Instance instance, MemoryAction action, long durationNanos) {
    ofDevice(instance).memoryActed(action.kind(), durationNanos);
    if (action.kind() == MemoryAction.Kind.LOAD) {
      long nowNanos = timers.nowNanos();
      for (RequestLife request : instance.requests()) {
        ColdStart start = cold.get(request);
        if (start != null) {
          start.loadStartNanos = nowNanos - durationNanos;
          start.loadedNanos = nowNanos;
        }
      }
    }
    ledger(instance);
  }

  @Override
  public void leaving(Instance instance, LeaveReason reason) {
    meters.of(instance.model()).evicted(reason);
  }

  @Override
  public void evicted(RequestLife request, Instance instance) {
    meters.of(request.model()).preempted();
  }

  @Override
  public void finished(RequestLife request) {
    cold.remove(request);
  }

  @Override
  public void refused(RequestLife request, String reason) {
    cold.remove(request);
  }

  @Override
  public void cancelled(RequestLife request) {
    cold.remove(request);
  }

  @Override
  public void instanceRemoved(Instance instance) {
    state(instance.model());
    ledger(instance);
  }

  /** How a model stands, over all its instances. */
  private void state(ModelId model) {
    int running = 0;
    int all = 0;
    long used = 0;
    long held = 0;
    for (DeviceLoop loop : loops) {
      for (Instance instance : loop.instances()) {
        if (instance.model().equals(model)) {
          running += instance.runningRequests().size();
          all += instance.requestCount();
          used += instance.usedBlocks();
          held += instance.usableBlocks();
        }
      }
    }
    meters.of(model).state(running, all - running, used, held);
  }

  private void ledger(Instance instance) {
    for (DeviceLoop loop : loops) {
      if (loop.spec().id().equals(instance.device().id())) {
        ofDevice(instance).ledger(loop.ledger().promisedBytes(), loop.ledger().actualBytes());
      }
    }
  }
}
