package io.slinfer.scheduler;

import io.slinfer.admission.Candidate;
import io.slinfer.admission.DeviceSnapshot;
import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.placement.ClusterView;
import io.slinfer.placement.Placement;
import io.slinfer.placement.PlacementPolicy;
import io.slinfer.request.ModelId;
import io.slinfer.request.RequestLife;
import io.slinfer.request.RequestState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/**
 * Finds places for requests as the paper's gateway does: tries at once, then again after a fixed
 * pause, and gives a request up when its next token is overdue (slinfer-algorithm section 4).
 *
 * <p>Confined to its owner's thread, which also owns the devices.
 */
public final class PollingCoordinator implements Coordinator {

  private static final long RETRY_NANOS = 250_000_000L;

  private final List<DeviceLoop> devices;
  private final PlacementPolicy policy;
  private final BiFunction<ModelId, DeviceKind, InstanceCosts> costs;
  private final Timers timers;
  private final SchedulerListener listener;
  private final Map<ModelId, Long> placed = new HashMap<>();

  public PollingCoordinator(
      List<DeviceLoop> devices,
      PlacementPolicy policy,
      BiFunction<ModelId, DeviceKind, InstanceCosts> costs,
      Timers timers,
      SchedulerListener listener) {
    this.devices = List.copyOf(devices);
    this.policy = policy;
    this.costs = costs;
    this.timers = timers;
    this.listener = listener;
  }

  @Override
  public void arrive(RequestLife request) {
    attempt(request);
  }

  @Override
  public void evicted(List<RequestLife> requests) {
    requests.forEach(this::attempt);
  }

  @Override
  public void finished(RequestLife request) {
    listener.finished(request);
  }

  private void attempt(RequestLife request) {
    long nowNanos = timers.nowNanos();
    Candidate candidate =
        new Candidate(request.model(), request.totalTokens(), request.deadlineNanos());
    List<DeviceSnapshot> snapshots = new ArrayList<>(devices.size());
    for (DeviceLoop device : devices) {
      snapshots.add(device.snapshot());
    }
    long before = placed.getOrDefault(request.model(), 0L);
    Placement placement =
        policy.place(candidate, new ClusterView(snapshots, costs, before), nowNanos);
    if (carryOut(request, placement)) {
      placed.put(request.model(), before + 1);
    } else {
      timers.at(nowNanos + RETRY_NANOS, () -> retry(request));
    }
  }

  private void retry(RequestLife request) {
    if (timers.nowNanos() - request.deadlineNanos() > 0) {
      request.become(RequestState.REFUSED);
      listener.refused(request, "deadline_passed");
    } else {
      attempt(request);
    }
  }

  private boolean carryOut(RequestLife request, Placement placement) {
    switch (placement) {
      case Placement.OnInstance on -> {
        DeviceLoop device = devices.get(on.device());
        device.submit(request, device.instance(on.instance()), on.blocks());
      }
      case Placement.AfterPreemption after -> {
        DeviceLoop device = devices.get(after.device());
        Instance target = device.instance(after.instance());
        device.preempt(device.instance(after.victim()));
        device.submit(request, target, after.blocks());
      }
      case Placement.NewInstance fresh -> {
        DeviceLoop device = devices.get(fresh.device());
        InstanceCosts cost = costs.apply(request.model(), device.spec().kind());
        device.submit(request, device.create(request.model(), cost, fresh.blocks()), 0);
      }
      case Placement.NoCapacity none -> {
        return false;
      }
    }
    return true;
  }
}
