package io.slinfer.scheduler;

import io.slinfer.admission.DeviceSnapshot;
import io.slinfer.cost.CostCorrection;
import io.slinfer.cost.DeviceSpec;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.memory.Ledger;
import io.slinfer.request.ModelId;
import io.slinfer.request.RequestLife;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The step loop of one device, as the paper runs it: instances take turns by earliest deadline, a
 * few steps at a time; memory work of an instance is done between its steps (slinfer-algorithm
 * sections 6 and 7).
 *
 * <p>Single writer of everything on the device; confined to its owner's thread.
 */
public final class DeviceLoop implements DevicePort {

  /** Is told what concerns the requests' coordinator. */
  public interface Upstream {
    /** The request has all its tokens. */
    void finished(RequestLife request);

    /** The requests lost their place and must find another. */
    void evicted(List<RequestLife> requests);
  }

  private final DeviceState device;
  private final Stays stays;
  private final Departures departures;
  private final Moves moves;
  private final MemoryEnds memoryEnds;
  private final Stepping stepping;
  private final Probing probing;
  private final KvRelief relief;
  private final SnapshotTaker snapshots;
  private DeviceSnapshot snapshot;

  public DeviceLoop(
      int index,
      DeviceSpec spec,
      DeviceSettings settings,
      Timers timers,
      SchedulerListener listener) {
    this.device = new DeviceState(spec, settings, timers, listener, this::run);
    this.stays = new Stays(device);
    this.departures = new Departures(device, stays);
    this.moves = new Moves(device);
    this.memoryEnds = new MemoryEnds(device, stays, departures);
    this.stepping = new Stepping(device, departures, stays);
    this.probing = new Probing(device, stepping);
    this.relief = new KvRelief(settings, timers, device.memory, device.ledger, device.hostKv);
    this.snapshots = new SnapshotTaker(index, spec, settings, device.memory, device.hostKv);
  }

  /** Connects the loop to its device and its coordinator, before anything else. */
  public void connect(DeviceDriver newDriver, Upstream newUpstream) {
    device.driver = newDriver;
    device.upstream = newUpstream;
  }

  /** From now on what steps take corrects what later ones are expected to take. */
  public void correctCosts() {
    device.correction = new CostCorrection();
  }

  /** What the device's steps taught about its costs; null if nobody asked for it. */
  public CostCorrection correction() {
    return device.correction;
  }

  /** A request was refused: on a device without work that may be because its costs are too high. */
  public void doubtCosts() {
    if (isIdle()) {
      stepping.doubt();
    }
  }

  @Override
  public DeviceSpec spec() {
    return device.spec;
  }

  /** How many instances may step at once. */
  public int concurrentSteps() {
    return device.settings.concurrentSteps();
  }

  /** Keys and values of this device that are on the host. */
  HostKv hostKv() {
    return device.hostKv;
  }

  public Ledger ledger() {
    return device.ledger;
  }

  /** The time on the device's clock. */
  long nowNanos() {
    return device.timers.nowNanos();
  }

  /** Whether no memory work waits for room. */
  boolean memoryIsIdle() {
    return device.memory.isIdle();
  }

  /** The instances on the device; a live view. */
  @Override
  public List<Instance> instances() {
    return Collections.unmodifiableList(device.instances);
  }

  /** The instance with this index. */
  public Instance instance(int instanceIndex) {
    return device.instance(instanceIndex);
  }

  /**
   * Puts a request on an instance, which then gets {@code blocks} KV blocks; the victims leave.
   *
   * <p>This and the other decisions are one step each: between what the victims give back and what
   * the newcomer is promised, nobody else on the device can take anything.
   */
  @Override
  public void join(RequestLife request, int instanceIndex, int blocks, List<Integer> victims) {
    moves.makeRoom(victims);
    moves.submit(request, instance(instanceIndex), blocks);
    run();
  }

  /**
   * Puts a request on a new instance of its model, with {@code blocks} KV blocks; the victims
   * leave.
   */
  @Override
  public void open(RequestLife request, InstanceCosts costs, int blocks, List<Integer> victims) {
    moves.makeRoom(victims);
    moves.submit(request, moves.create(request.model(), costs, blocks), 0);
    run();
  }

  /** As {@link #join}, but the victim loses its cache and its requests start again elsewhere. */
  @Override
  public void joinInPlaceOf(int victim, RequestLife request, int instanceIndex, int blocks) {
    Instance target = instance(instanceIndex);
    moves.preempt(instance(victim), LeaveReason.ROOM);
    moves.submit(request, target, blocks);
    run();
  }

  /**
   * Brings a paused instance back, with {@code blocks} KV blocks; the victims leave. There is a
   * free slot then.
   */
  @Override
  public void resume(int instanceIndex, int blocks, List<Integer> victims) {
    moves.makeRoom(victims);
    moves.resume(instance(instanceIndex), blocks);
    run();
  }

  /** Brings a paused instance back for a request; the victims leave. */
  @Override
  public void resumeFor(RequestLife request, int instanceIndex, int blocks, List<Integer> victims) {
    moves.makeRoom(victims);
    Instance instance = instance(instanceIndex);
    moves.resume(instance, blocks);
    moves.submit(request, instance, blocks);
    run();
  }

  /**
   * Opens an instance without requests, if there is none and memory that nobody needs is enough.
   *
   * @return whether there is one now
   */
  public boolean warm(ModelId model, InstanceCosts costs) {
    for (Instance instance : device.instances) {
      if (instance.model().equals(model) && !instance.draining && !instance.retired) {
        return true;
      }
    }
    if (!device.present || costs.shape().weightBytes() > device.ledger.unpromisedBytes()) {
      return false;
    }
    moves.create(model, costs, 0);
    run();
    return true;
  }

  /** Answers a step. */
  public void onStepped(Instance instance, DeviceDriver.StepOutcome outcome) {
    if (instance.lost) {
      return;
    }
    device.changed();
    long durationNanos = stepping.end(instance, outcome);
    if (device.relieves()) {
      relief.growAhead(instance);
    }
    stepping.learn(instance, durationNanos);
    device.listener.stepEnded(instance, durationNanos);
    run();
    if (device.settings.restPerStep() > 0) {
      device.timers.at(instance.restUntilNanos, this::run);
    }
  }

  /** Answers a step that failed: its requests are given up. */
  public void onStepFailed(Instance instance) {
    if (instance.lost) {
      return;
    }
    device.changed();
    stepping.fail(instance);
    run();
  }

  // Steps that serve nobody.

  /** Whether the device has nothing to do, and nobody has a request on it. */
  public boolean isIdle() {
    return probing.isIdle();
  }

  /** Whether a request or memory work is on it. */
  public boolean isWanted() {
    return probing.isWanted();
  }

  /**
   * Gives an idle instance KV for steps that serve nobody, of memory that nobody needs. It has it
   * when the device is idle again; {@link #probed} takes it back.
   *
   * @return false if there is too little, or the instance is leaving
   */
  public boolean growForProbe(Instance instance, int blocks) {
    return probing.grow(instance, blocks);
  }

  /** A step that serves nobody begins; the device is idle. */
  public void probeStarted(Instance instance) {
    probing.started(instance);
  }

  /** The step that {@link #probeStarted} told of has ended. */
  public void probeEnded(Instance instance) {
    if (!instance.lost) {
      probing.ended(instance);
    }
  }

  /** An instance needs no more KV for steps that serve nobody. */
  public void probed(Instance instance) {
    if (!instance.lost && instance.requestCount() == 0) {
      device.changed();
      stays.afterLeaving(instance);
      run();
    }
  }

  /** The steps of a model on this device have been measured. */
  public void measured(ModelId model, InstanceCosts costs) {
    probing.measured(model, costs);
  }

  /**
   * Forgets a request: no step after the one in flight includes it.
   *
   * @return whether it was here
   */
  @Override
  public boolean cancel(RequestLife request) {
    for (Instance instance : device.instances) {
      if (instance.holds(request)) {
        device.changed();
        instance.cancelled.add(request);
        if (!instance.isUsing(request)) {
          departures.dropCancelled(instance);
          run();
        }
        return true;
      }
    }
    return false;
  }

  /** The instances of a model take no more requests, and leave when they have none. */
  public void retire(ModelId model) {
    for (Instance instance : List.copyOf(device.instances)) {
      if (instance.model().equals(model)) {
        retire(instance.index());
      }
    }
  }

  @Override
  public void retire(int instanceIndex) {
    Instance instance = instance(instanceIndex);
    if (!instance.draining) {
      device.changed();
      instance.retiredNanos = instance.retired ? instance.retiredNanos : device.timers.nowNanos();
      instance.retired = true;
      stays.afterLeaving(instance);
      run();
    }
  }

  /** A model was pinned, or is so no more. */
  public void pinChanged(ModelId model) {
    device.changed();
    stays.pinChanged(model);
    run();
  }

  /** Answers memory work. */
  public void onActionDone(Instance instance, long durationNanos) {
    if (instance.lost) {
      return;
    }
    device.changed();
    memoryEnds.done(instance, durationNanos);
    run();
  }

  /**
   * Answers memory work that failed. A failed load ends the instance; after a failed growth it
   * keeps the blocks it had, and ends if it had none. Either way, requests that wait for it must
   * find another place.
   */
  public void onActionFailed(Instance instance) {
    if (instance.lost) {
      return;
    }
    device.changed();
    memoryEnds.failed(instance);
    run();
  }

  /** The device is gone with all that it held: its requests must find other places. */
  public void onDeviceLost() {
    device.changed();
    device.present = false;
    List<RequestLife> homeless = new ArrayList<>();
    for (Instance instance : device.instances) {
      device.listener.leaving(instance, LeaveReason.DEVICE_LOST);
      instance.lost = true;
      instance.draining = true;
      instance.evictAll();
      homeless.addAll(departures.turnOut(instance));
      device.listener.instanceRemoved(instance);
    }
    device.instances.clear();
    device.memory.clear();
    stepping.forgetAll();
    device.upstream.evicted(homeless);
  }

  /** The device is back, empty. */
  public void onDeviceBack() {
    device.changed();
    device.present = true;
  }

  /** Starts what can start: memory work of instances that do not step, then a step. */
  private void run() {
    startActions();
    for (int i = device.instances.size() - 1; i >= 0; i--) {
      Instance instance = device.instances.get(i);
      if (instance.draining && device.memory.isIdle(instance)) {
        device.instances.remove(i);
        device.changed();
        device.listener.instanceRemoved(instance);
      }
    }
    if (device.relieves()) {
      for (int i = 0; i < device.instances.size(); i++) {
        Instance instance = device.instances.get(i);
        if (!relief.relieve(instance)) {
          device.timers.at(device.timers.nowNanos(), () -> moves.stepAside(instance));
        }
      }
      startActions();
    }
    stepping.start();
  }

  private void startActions() {
    for (int i = device.instances.size() - 1; i >= 0; i--) {
      device.memory.start(device.instances.get(i), device.driver);
    }
  }

  /** The device as it is now. */
  @Override
  public DeviceSnapshot snapshot() {
    if (device.takeChanged()) {
      snapshot = snapshots.take(device);
    }
    return snapshot;
  }
}
