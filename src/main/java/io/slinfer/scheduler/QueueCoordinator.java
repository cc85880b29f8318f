package io.slinfer.scheduler;

import io.slinfer.admission.Candidate;
import io.slinfer.admission.DeviceSnapshot;
import io.slinfer.admission.InstanceSnapshot;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.placement.ClusterView;
import io.slinfer.placement.Placement;
import io.slinfer.request.ModelId;
import io.slinfer.request.RequestLife;
import io.slinfer.request.RequestState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Finds places for requests from one queue in deadline order, and brings paused instances back. The
 * queue is looked at on each arrival and, while anything waits, soon after a change. A request is
 * given up when the deadline of its first token has passed.
 *
 * <p>Confined to its owner's thread, which also owns the devices.
 */
public final class QueueCoordinator implements Coordinator {

  private static final long LOOK_AGAIN_NANOS = 40_000_000L;
  private static final long DEMAND_WINDOW_NANOS = 120_000_000_000L;
  private static final long BURST_WINDOW_NANOS = 15_000_000_000L;

  private final Surroundings around;
  private final Demand demand = new Demand(DEMAND_WINDOW_NANOS, BURST_WINDOW_NANOS);
  private final TreeSet<RequestLife> queue =
      new TreeSet<>(
          Comparator.comparingLong(RequestLife::deadlineNanos)
              .thenComparingLong(RequestLife::arrivalNanos)
              .thenComparing(RequestLife::id));
  private final Patience patience;
  private boolean lookPlanned;

  /**
   * How long the queue hopes.
   *
   * @param refusesEarly whether a request is given up as soon as its prefill alone would make it
   *     late; else when its deadline has passed
   * @param triesPerModel how many requests of a model may fail to find a place before the longer
   *     ones behind them are not tried
   */
  public record Patience(boolean refusesEarly, int triesPerModel) {

    /** What the simulations of docs/results were run with. */
    public static final Patience USUAL = new Patience(false, 1);

    /** Of a server: under overload the first in the queue must not bar the way of all. */
    public static final Patience SERVING = new Patience(true, 4);
  }

  public QueueCoordinator(Surroundings around) {
    this(around, Patience.USUAL);
  }

  public QueueCoordinator(Surroundings around, Patience patience) {
    this.around = around;
    this.patience = patience;
  }

  @Override
  public void arrive(RequestLife request) {
    demand.arrived(request.model(), around.timers().nowNanos());
    queue.add(request);
    look();
  }

  @Override
  public void cancel(RequestLife request) {
    if (request.state().isTerminal()) {
      return;
    }
    if (request.state() == RequestState.QUEUED && queue.remove(request)) {
      request.become(RequestState.CANCELLED);
      around.listener().cancelled(request);
      return;
    }
    for (DevicePort device : around.devices()) {
      if (device.cancel(request)) {
        return;
      }
    }
  }

  @Override
  public void evicted(List<RequestLife> requests) {
    queue.addAll(requests);
    planLook();
  }

  @Override
  public void finished(RequestLife request) {
    around.listener().finished(request);
    planLook();
  }

  private void planLook() {
    if (!lookPlanned) {
      lookPlanned = true;
      around.timers().at(around.timers().nowNanos() + LOOK_AGAIN_NANOS, this::plannedLook);
    }
  }

  private void plannedLook() {
    lookPlanned = false;
    look();
  }

  private void look() {
    long nowNanos = around.timers().nowNanos();
    boolean parked = resumeParked(nowNanos);
    ClusterView view = view(nowNanos);
    Map<ModelId, Integer> failedTokens = new HashMap<>();
    Map<ModelId, Integer> tries = new HashMap<>();
    for (RequestLife request : FairOrder.of(queue, around.devices())) {
      if (isHopeless(request, nowNanos)) {
        queue.remove(request);
        request.become(RequestState.REFUSED);
        around.listener().refused(request, "deadline_passed");
      } else if (request.totalTokens()
          < failedTokens.getOrDefault(request.model(), Integer.MAX_VALUE)) {
        Placement placement = place(request, view, nowNanos);
        boolean placed = carryOut(request, placement);
        if (placed) {
          queue.remove(request);
        }
        if (!(placement instanceof Placement.NoCapacity)) {
          view = view(nowNanos);
        }
        if (!placed && tries.merge(request.model(), 1, Integer::sum) >= patience.triesPerModel()) {
          failedTokens.put(request.model(), request.totalTokens());
        }
      }
    }
    if (!queue.isEmpty() || parked) {
      planLook();
    }
  }

  private boolean isHopeless(RequestLife request, long nowNanos) {
    if (request.isKept() || request.generatedTokens() > 0) {
      return false;
    }
    long workNanos = patience.refusesEarly() ? leastPrefillNanos(request) : 0;
    return nowNanos + workNanos - request.deadlineNanos() > 0;
  }

  /** The prefill of a request on the fastest device. */
  private long leastPrefillNanos(RequestLife request) {
    long least = Long.MAX_VALUE;
    for (DevicePort device : around.devices()) {
      InstanceCosts costs = around.costs().apply(request.model(), device.spec().kind());
      if (costs != null) {
        least = Math.min(least, costs.prefillNanos(request.totalTokens()));
      }
    }
    return least;
  }

  /** Brings paused instances back where the policy says so; true if any was paused. */
  private boolean resumeParked(long nowNanos) {
    boolean any = false;
    for (DevicePort device : around.devices()) {
      List<InstanceSnapshot> parked =
          device.snapshot().instances().stream()
              .filter(InstanceSnapshot::parked)
              .sorted(Comparator.comparingLong(InstanceSnapshot::deadlineNanos))
              .toList();
      for (InstanceSnapshot instance : parked) {
        any = true;
        Placement placement =
            around.policy().resume(device.snapshot(), instance, view(nowNanos), nowNanos);
        if (placement instanceof Placement.Resumed resumed) {
          device.resume(resumed.instance(), resumed.blocks(), resumed.victims());
        }
      }
    }
    return any;
  }

  /** Who is late already goes where there is time, last; else no test would ever pass. */
  private Placement place(RequestLife request, ClusterView view, long nowNanos) {
    boolean late = request.deadlineNanos() < nowNanos;
    Candidate candidate =
        new Candidate(
            request.model(),
            request.totalTokens(),
            late ? Long.MAX_VALUE : request.deadlineNanos(),
            request.slo().timePerOutputTokenNanos());
    return around.policy().place(candidate, view, nowNanos);
  }

  private ClusterView view(long nowNanos) {
    List<DeviceSnapshot> snapshots = new ArrayList<>(around.devices().size());
    Map<ModelId, Integer> gpuCopies = new HashMap<>();
    for (DevicePort device : around.devices()) {
      DeviceSnapshot snapshot = device.snapshot();
      snapshots.add(snapshot);
      for (InstanceSnapshot instance : snapshot.instances()) {
        if (snapshot.spec().memoryMoves() && instance.open()) {
          gpuCopies.merge(instance.model(), 1, Integer::sum);
        }
      }
    }
    Map<ModelId, Integer> queued = new HashMap<>();
    for (RequestLife request : queue) {
      queued.merge(request.model(), 1, Integer::sum);
    }
    return new ClusterView(
        snapshots,
        around.costs(),
        0,
        model -> demand.perSecond(model, nowNanos),
        queued,
        gpuCopies);
  }

  private boolean carryOut(RequestLife request, Placement placement) {
    switch (placement) {
      case Placement.OnInstance on -> {
        DevicePort device = around.devices().get(on.device());
        device.join(request, on.instance(), on.blocks(), on.victims());
      }
      case Placement.AfterPreemption after -> {
        DevicePort device = around.devices().get(after.device());
        device.joinInPlaceOf(after.victim(), request, after.instance(), after.blocks());
      }
      case Placement.NewInstance fresh -> {
        DevicePort device = around.devices().get(fresh.device());
        InstanceCosts costs = around.costs().apply(request.model(), device.spec().kind());
        device.open(request, costs, fresh.blocks(), fresh.victims());
      }
      case Placement.Resumed resumed -> {
        DevicePort device = around.devices().get(resumed.device());
        device.resumeFor(request, resumed.instance(), resumed.blocks(), resumed.victims());
      }
      case Placement.Retiring retiring -> {
        around.devices().get(retiring.device()).retire(retiring.instance());
        return false;
      }
      case Placement.NoCapacity none -> {
        return false;
      }
    }
    return true;
  }
}
