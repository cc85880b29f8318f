package io.slinfer.sim;

import io.slinfer.admission.DeviceSnapshot;
import io.slinfer.cost.DeviceSpec;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.placement.Placement;
import io.slinfer.placement.Placement.AfterPreemption;
import io.slinfer.placement.Placement.NewInstance;
import io.slinfer.placement.Placement.NoCapacity;
import io.slinfer.placement.Placement.OnInstance;
import io.slinfer.placement.Placement.Resumed;
import io.slinfer.placement.Placement.Retiring;
import io.slinfer.placement.PlacementCheck;
import io.slinfer.request.RequestLife;
import io.slinfer.scheduler.DeviceLoop;
import io.slinfer.scheduler.DevicePort;
import io.slinfer.scheduler.Instance;
import io.slinfer.scheduler.NumberedReceiver;
import io.slinfer.scheduler.NumberedSender;
import io.slinfer.scheduler.Timers;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A device at the other end of a bad network. Decisions, answers and evictions travel as numbered
 * streams, summaries of the device as messages of which only the newest counts. One decision is on
 * its way at a time; the device looks at it again when it arrives, since its summary was old, and
 * sends the request back if it cannot carry it out.
 *
 * <p>The endings of requests take the way of the tokens ({@link Delivery}), not this one.
 */
final class RemoteDevice implements DevicePort, DeviceLoop.Upstream {

  private static final long RESEND_NANOS = 50_000_000;
  private static final long SUMMARY_NANOS = 100_000_000;
  private static final int WINDOW = 100_000;

  /**
   * To the device.
   *
   * @param request null when only an instance comes back
   * @param placement null when the request is cancelled
   * @param costs of a new instance
   */
  private record Command(RequestLife request, Placement placement, InstanceCosts costs) {}

  /**
   * From the device.
   *
   * @param homeless requests that need another place
   * @param answers whether it answers a decision
   */
  private record Event(List<RequestLife> homeless, boolean answers) {}

  private final DeviceLoop loop;
  private final Timers timers;
  private final LossyNetwork network;
  private final NumberedSender<Command> commands;
  private final NumberedSender<Event> events;
  private final Set<RequestLife> sent = new HashSet<>();
  private DeviceLoop.Upstream coordinator;
  private DeviceSnapshot known;
  private long knownNumber;
  private long summaries;
  private boolean awaitsAnswer;

  RemoteDevice(DeviceLoop loop, Timers timers, LossyNetwork network) {
    this.loop = loop;
    this.timers = timers;
    this.network = network;
    NumberedReceiver<Command> commandsIn = new NumberedReceiver<>(this::onCommand);
    NumberedReceiver<Event> eventsIn = new NumberedReceiver<>(this::onEvent);
    this.commands =
        new NumberedSender<>(
            WINDOW,
            RESEND_NANOS,
            timers,
            frame -> network.transmit(() -> acknowledgeCommand(commandsIn.onFrame(frame))));
    this.events =
        new NumberedSender<>(
            WINDOW,
            RESEND_NANOS,
            timers,
            frame -> network.transmit(() -> acknowledgeEvent(eventsIn.onFrame(frame))));
    this.known = loop.snapshot();
    timers.at(SUMMARY_NANOS, this::summarize);
  }

  private void acknowledgeCommand(long nextExpected) {
    network.transmit(() -> commands.onAcknowledged(nextExpected));
  }

  private void acknowledgeEvent(long nextExpected) {
    network.transmit(() -> events.onAcknowledged(nextExpected));
  }

  /** Connects the coordinator, before anything else. */
  void connect(DeviceLoop.Upstream newCoordinator) {
    this.coordinator = newCoordinator;
  }

  /** Checks, once the network is quiet, that everything arrived. */
  void checkComplete() {
    int open = commands.unacknowledged() + events.unacknowledged();
    if (open > 0 || awaitsAnswer) {
      throw new IllegalStateException(
          spec().id() + ": " + open + " messages never arrived, awaits an answer: " + awaitsAnswer);
    }
  }

  @Override
  public DeviceSpec spec() {
    return loop.spec();
  }

  @Override
  public List<Instance> instances() {
    return loop.instances();
  }

  @Override
  public DeviceSnapshot snapshot() {
    return awaitsAnswer
        ? new DeviceSnapshot(
            known.index(), known.spec(), known.promisedBytes(), Long.MAX_VALUE, 0, 1, 0, List.of())
        : known;
  }

  @Override
  public void join(RequestLife request, int instance, int blocks, List<Integer> victims) {
    decide(request, new OnInstance(known.index(), instance, blocks, victims), null);
  }

  @Override
  public void open(RequestLife request, InstanceCosts costs, int blocks, List<Integer> victims) {
    decide(request, new NewInstance(known.index(), blocks, victims), costs);
  }

  @Override
  public void joinInPlaceOf(int victim, RequestLife request, int instance, int blocks) {
    decide(request, new AfterPreemption(known.index(), instance, blocks, victim), null);
  }

  @Override
  public void resume(int instance, int blocks, List<Integer> victims) {
    decide(null, new Resumed(known.index(), instance, blocks, victims), null);
  }

  @Override
  public void resumeFor(RequestLife request, int instance, int blocks, List<Integer> victims) {
    decide(request, new Resumed(known.index(), instance, blocks, victims), null);
  }

  @Override
  public void retire(int instance) {
    decide(null, new Retiring(known.index(), instance), null);
  }

  @Override
  public boolean cancel(RequestLife request) {
    return sent.contains(request) && commands.send(new Command(request, null, null));
  }

  private void decide(RequestLife request, Placement placement, InstanceCosts costs) {
    if (awaitsAnswer || !commands.send(new Command(request, placement, costs))) {
      throw new IllegalStateException(spec().id() + " was not free for " + placement);
    }
    awaitsAnswer = true;
    if (request != null) {
      sent.add(request);
    }
  }

  /** At the device: carries a decision out if it still can. */
  private void onCommand(Command command) {
    RequestLife request = command.request();
    if (command.placement() == null) {
      loop.cancel(request);
      return;
    }
    boolean possible =
        PlacementCheck.objection(
                command.placement(),
                loop.snapshot(),
                request == null ? null : request.model(),
                command.costs())
            .isEmpty();
    if (possible) {
      carryOut(request, command.placement(), command.costs());
    }
    boolean goesBack = !possible && request != null;
    events.send(new Event(goesBack ? List.of(request) : List.of(), true));
    sendSummary();
  }

  private void carryOut(RequestLife request, Placement placement, InstanceCosts costs) {
    switch (placement) {
      case OnInstance on -> loop.join(request, on.instance(), on.blocks(), on.victims());
      case NewInstance fresh -> loop.open(request, costs, fresh.blocks(), fresh.victims());
      case AfterPreemption after ->
          loop.joinInPlaceOf(after.victim(), request, after.instance(), after.blocks());
      case Resumed back when request == null ->
          loop.resume(back.instance(), back.blocks(), back.victims());
      case Resumed back -> loop.resumeFor(request, back.instance(), back.blocks(), back.victims());
      case Retiring retiring -> loop.retire(retiring.instance());
      case NoCapacity none -> throw new IllegalStateException("no decision");
    }
  }

  /** At the coordinator. */
  private void onEvent(Event event) {
    awaitsAnswer &= !event.answers();
    event.homeless().forEach(sent::remove);
    if (!event.homeless().isEmpty()) {
      coordinator.evicted(event.homeless());
    }
  }

  /** At the device: the requests' coordinator hears of it later. */
  @Override
  public void evicted(List<RequestLife> requests) {
    if (!requests.isEmpty()) {
      events.send(new Event(requests, false));
      sendSummary();
    }
  }

  @Override
  public void finished(RequestLife request) {
    sent.remove(request);
    coordinator.finished(request);
  }

  private void summarize() {
    sendSummary();
    timers.at(timers.nowNanos() + SUMMARY_NANOS, this::summarize);
  }

  private void sendSummary() {
    DeviceSnapshot snapshot = loop.snapshot();
    long number = ++summaries;
    network.transmit(
        () -> {
          if (number > knownNumber) {
            knownNumber = number;
            known = snapshot;
          }
        });
  }
}
