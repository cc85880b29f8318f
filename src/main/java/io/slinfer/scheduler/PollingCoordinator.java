package io.slinfer.scheduler;

import io.slinfer.admission.Candidate;
import io.slinfer.admission.DeviceSnapshot;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.placement.ClusterView;
import io.slinfer.placement.Placement;
import io.slinfer.request.ModelId;
import io.slinfer.request.RequestLife;
import io.slinfer.request.RequestState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds places for requests as the paper's gateway does: tries at once, then again after a fixed
 * pause, and gives a request up when its next token is overdue (slinfer-algorithm section 4).
 *
 * <p>Confined to its owner's thread, which also owns the devices.
 */
public final class PollingCoordinator implements Coordinator {

  private static final long RETRY_NANOS = 250_000_000L;

  private final Surroundings around;
  private final Map<ModelId, Long> placed = new HashMap<>();

  public PollingCoordinator(Surroundings around) {
    this.around = around;
  }

  @Override
  public void arrive(RequestLife request) {
    attempt(request);
  }

  @Override
  public void cancel(RequestLife request) {
    boolean isPlaced = around.devices().stream().anyMatch(device -> device.cancel(request));
    if (!isPlaced && !request.state().isTerminal()) {
      request.become(RequestState.CANCELLED);
      around.listener().cancelled(request);
    }
  }

  @Override
  public void evicted(List<RequestLife> requests) {
    requests.forEach(this::attempt);
  }

  @Override
  public void finished(RequestLife request) {
    around.listener().finished(request);
  }

  private void attempt(RequestLife request) {
    long nowNanos = around.timers().nowNanos();
    Candidate candidate =
        new Candidate(
            request.model(),
            request.totalTokens(),
            request.deadlineNanos(),
            request.slo().timePerOutputTokenNanos());
    List<DeviceSnapshot> snapshots = new ArrayList<>(around.devices().size());
    for (DevicePort device : around.devices()) {
      snapshots.add(device.snapshot());
    }
    long before = placed.getOrDefault(request.model(), 0L);
    Placement placement =
        around
            .policy()
            .place(
                candidate,
                new ClusterView(snapshots, around.costs(), before, model -> 0, Map.of(), Map.of()),
                nowNanos);
    if (carryOut(request, placement)) {
      placed.put(request.model(), before + 1);
    } else {
      around.timers().at(nowNanos + RETRY_NANOS, () -> retry(request));
    }
  }

  private void retry(RequestLife request) {
    if (request.state() == RequestState.CANCELLED) {
      return;
    }
    if (around.timers().nowNanos() - request.deadlineNanos() > 0) {
      request.become(RequestState.REFUSED);
      around.listener().refused(request, "deadline_passed");
    } else {
      attempt(request);
    }
  }

  private static IllegalStateException unknown(Placement placement) {
    return new IllegalStateException("the polling coordinator cannot carry out " + placement);
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
      case Placement.Resumed resumed -> throw unknown(resumed);
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
