package io.slinfer.sim;

import io.slinfer.config.ClusterFile;
import io.slinfer.config.FaultFile;
import io.slinfer.config.FaultFile.Fault;
import io.slinfer.config.ProfileFile;
import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.DeviceSpec;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.cost.MemoryTimes;
import io.slinfer.cost.SafetyMargins;
import io.slinfer.request.DeadlineRule;
import io.slinfer.request.ModelId;
import io.slinfer.request.RequestId;
import io.slinfer.request.RequestLife;
import io.slinfer.request.Slo;
import io.slinfer.scheduler.Broadcast;
import io.slinfer.scheduler.Coordinator;
import io.slinfer.scheduler.DeviceLoop;
import io.slinfer.scheduler.DevicePort;
import io.slinfer.scheduler.SchedulerListener;
import io.slinfer.trace.Trace.Arrival;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.DoubleConsumer;
import java.util.stream.Stream;

/**
 * One run of a policy on a cluster against a trace, in virtual time: the same seed gives the same
 * run, event for event.
 */
public final class Simulation {

  private static final long DRAIN_NANOS = 150_000_000_000L;
  private static final int EVENTS_A_PROGRESS = 50_000;

  private final VirtualClock clock = new VirtualClock();
  private final List<DeviceLoop> devices = new ArrayList<>();
  private final Map<RequestLife, Integer> outputTokens = new IdentityHashMap<>();
  private final Coordinator coordinator;
  private final Metrics metrics;
  private final EventLog eventLog;
  private final Invariants invariants;
  private final Delivery delivery;
  private final List<RemoteDevice> remotes;
  private final List<Arrival> arrivals;
  private final long endNanos;
  private final DoubleConsumer progress;
  private final DeadlineRule deadlines;
  private int nextArrival;

  /**
   * What to simulate.
   *
   * @param endNanos when arrivals end
   */
  public record Scenario(
      ClusterFile cluster,
      ProfileFile profile,
      PolicyName policy,
      List<Arrival> arrivals,
      long endNanos,
      long seed,
      FaultFile faults) {}

  /**
   * What else a run writes and checks; none of it changes the run.
   *
   * @param events gets the event log; null for none
   * @param invariants whether everything is checked after every event
   * @param recording keeps what a report draws; null for none
   * @param progress is told now and then which part of the time has passed, 0 to 1
   */
  public record Observation(
      Appendable events, boolean invariants, Recording recording, DoubleConsumer progress) {

    /** Nothing but the report. */
    public static final Observation NONE = new Observation(null, false, null, part -> {});
  }

  public Simulation(Scenario scenario) {
    this(scenario, Observation.NONE);
  }

  public Simulation(Scenario scenario, Observation observation) {
    this.arrivals = scenario.arrivals();
    this.endNanos = scenario.endNanos();
    this.progress = observation.progress();
    this.metrics = new Metrics(clock, endNanos);
    Map<DeviceKind, InstanceCosts> costs = costs(scenario);
    PolicyName policy = scenario.policy();
    this.eventLog = observation.events() == null ? null : new EventLog(clock, observation.events());
    this.invariants =
        observation.invariants()
            ? new Invariants(devices, policy == PolicyName.SLINFER_PAPER && !anyLate(scenario))
            : null;
    Recording recording = observation.recording();
    List<Fault> faults = scenario.faults().faults();
    this.delivery =
        anyLate(scenario)
            ? new Delivery(
                clock, new LossyNetwork(clock, new SplittableRandom(scenario.seed()), faults))
            : null;
    SchedulerListener listener =
        new Broadcast(
            Stream.<SchedulerListener>of(metrics, eventLog, invariants, recording, delivery)
                .filter(Objects::nonNull)
                .toList());
    for (DeviceSpec spec : scenario.cluster().specs()) {
      devices.add(
          new DeviceLoop(
              devices.size(),
              spec,
              policy.settings(spec, scenario.cluster().memoryTimes()),
              clock,
              listener));
    }
    if (recording != null) {
      recording.watch(clock, devices, endNanos);
    }
    this.deadlines = policy.deadlines();
    MemoryTimes times = scenario.cluster().memoryTimes();
    Map<DeviceLoop, RemoteDevice> remote = remoteDevices(scenario);
    this.remotes = List.copyOf(remote.values());
    this.coordinator =
        policy.coordinator(
            new Coordinator.Surroundings(
                devices.stream().map(loop -> port(loop, remote)).toList(),
                (model, kind) -> costs.get(kind),
                invariants == null
                    ? policy.placement(times)
                    : new CheckedPlacement(policy.placement(times)),
                clock,
                listener));
    SplittableRandom random = new SplittableRandom(scenario.seed());
    for (DeviceLoop device : devices) {
      VirtualDevice virtual =
          new VirtualDevice(
              device,
              new VirtualDevice.World(
                  times, policy.engine(), scenario.faults().of(device.spec().id().value())),
              clock,
              random.split(),
              outputTokens::get);
      device.connect(virtual, remote.containsKey(device) ? remote.get(device) : coordinator);
      if (policy.correctsCosts()) {
        device.correctCosts();
      }
      virtual.planDeaths();
    }
    remotes.forEach(device -> device.connect(coordinator));
  }

  private static boolean anyLate(Scenario scenario) {
    return scenario.faults().faults().stream().anyMatch(fault -> fault.kind().concernsMessages());
  }

  private static DevicePort port(DeviceLoop loop, Map<DeviceLoop, RemoteDevice> remote) {
    return remote.containsKey(loop) ? remote.get(loop) : loop;
  }

  /** The devices that the coordinator reaches over a bad network only. */
  private Map<DeviceLoop, RemoteDevice> remoteDevices(Scenario scenario) {
    Map<DeviceLoop, RemoteDevice> remote = new LinkedHashMap<>();
    SplittableRandom random = new SplittableRandom(~scenario.seed());
    for (DeviceLoop loop : devices) {
      List<Fault> faults = scenario.faults().of(loop.spec().id().value());
      if (faults.stream().anyMatch(fault -> fault.kind().concernsMessages())) {
        remote.put(
            loop, new RemoteDevice(loop, clock, new LossyNetwork(clock, random.split(), faults)));
      }
    }
    return remote;
  }

  /** The devices of the world. */
  List<DeviceLoop> devices() {
    return devices;
  }

  private static Map<DeviceKind, InstanceCosts> costs(Scenario scenario) {
    Map<DeviceKind, InstanceCosts> costs = new EnumMap<>(DeviceKind.class);
    for (ClusterFile.Devices group : scenario.cluster().devices()) {
      DeviceKind kind = group.deviceKind();
      costs.put(kind, scenario.profile().costs(group.profile(), SafetyMargins.ofSteps(kind)));
    }
    return costs;
  }

  /** Runs to the end: all arrivals, then 150 s to finish. */
  public Report run() {
    long startNanos = System.nanoTime();
    awaitArrival();
    long lastNanos = endNanos + DRAIN_NANOS;
    long events = 0;
    while (clock.step(lastNanos)) {
      if (++events % EVENTS_A_PROGRESS == 0) {
        progress.accept((double) clock.nowNanos() / lastNanos);
      }
      if (invariants != null) {
        invariants.check();
      }
    }
    if (invariants != null) {
      invariants.checkEnd(clock.nowNanos());
    }
    if (delivery != null) {
      delivery.checkComplete();
    }
    remotes.forEach(RemoteDevice::checkComplete);
    return metrics.report(arrivals.size(), (System.nanoTime() - startNanos) / 1e9);
  }

  private void awaitArrival() {
    if (nextArrival < arrivals.size()) {
      Arrival arrival = arrivals.get(nextArrival);
      clock.at(arrival.arrivalNanos(), () -> arrive(arrival));
    }
  }

  private void arrive(Arrival arrival) {
    RequestLife request =
        new RequestLife(
            new RequestId("r" + nextArrival++),
            new ModelId("m" + arrival.model()),
            arrival.promptTokens(),
            Slo.forPromptTokens(arrival.promptTokens()),
            arrival.arrivalNanos(),
            deadlines);
    outputTokens.put(request, arrival.outputTokens());
    if (eventLog != null) {
      eventLog.arrived(request);
    }
    if (invariants != null) {
      invariants.arrived(request);
    }
    awaitArrival();
    coordinator.arrive(request);
  }
}
