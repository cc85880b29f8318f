package io.slinfer.scheduler;

import io.slinfer.admission.DeviceSnapshot;
import io.slinfer.cost.CostCorrection;
import io.slinfer.cost.DeviceSpec;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.memory.Ledger;
import io.slinfer.memory.Residence;
import io.slinfer.request.InstanceId;
import io.slinfer.request.ModelId;
import io.slinfer.request.RequestLife;
import io.slinfer.request.RequestState;
import io.slinfer.scheduler.MemoryAction.Kind;
import java.util.ArrayList;
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

  private final DeviceSpec spec;
  private final DeviceSettings settings;
  private final Timers timers;
  private final SchedulerListener listener;
  private final Ledger ledger;
  private final MemoryWork memory;
  private final HostKv hostKv;
  private final KvRelief relief;
  private final SnapshotTaker snapshots;
  private final List<Instance> instances = new ArrayList<>();
  private DeviceDriver driver;
  private Upstream upstream;
  private CostCorrection correction;
  private int nextInstance;
  private int steps;
  private DeviceSnapshot snapshot;
  private boolean present = true;

  public DeviceLoop(
      int index,
      DeviceSpec spec,
      DeviceSettings settings,
      Timers timers,
      SchedulerListener listener) {
    this.spec = spec;
    this.settings = settings;
    this.timers = timers;
    this.listener = listener;
    this.ledger = new Ledger(spec.capacityBytes());
    this.memory = new MemoryWork(ledger, instances, settings.residence().keepsPrefixes());
    this.hostKv = new HostKv(settings.mostPausedBytes(), instances);
    this.relief = new KvRelief(settings, timers, memory, ledger, hostKv);
    this.snapshots = new SnapshotTaker(index, spec, settings, memory, hostKv);
  }

  /** Connects the loop to its device and its coordinator, before anything else. */
  public void connect(DeviceDriver newDriver, Upstream newUpstream) {
    this.driver = newDriver;
    this.upstream = newUpstream;
  }

  /** From now on what steps take corrects what later ones are expected to take. */
  public void correctCosts() {
    correction = new CostCorrection();
  }

  /** What the device's steps taught about its costs; null if nobody asked for it. */
  public CostCorrection correction() {
    return correction;
  }

  @Override
  public DeviceSpec spec() {
    return spec;
  }

  /** How many instances may step at once. */
  public int concurrentSteps() {
    return settings.concurrentSteps();
  }

  /** Keys and values of this device that are on the host. */
  HostKv hostKv() {
    return hostKv;
  }

  public Ledger ledger() {
    return ledger;
  }

  /** Whether no memory work waits for room. */
  boolean memoryIsIdle() {
    return memory.isIdle();
  }

  /** The instances on the device; a live view. */
  @Override
  public List<Instance> instances() {
    return java.util.Collections.unmodifiableList(instances);
  }

  /** The instance with this index. */
  public Instance instance(int instanceIndex) {
    for (Instance instance : instances) {
      if (instance.index() == instanceIndex) {
        return instance;
      }
    }
    throw new IllegalArgumentException("no instance " + instanceIndex + " on " + spec.id());
  }

  /**
   * Puts a request on an instance, which then gets {@code blocks} KV blocks; the victims leave.
   *
   * <p>This and the other decisions are one step each: between what the victims give back and what
   * the newcomer is promised, nobody else on the device can take anything.
   */
  @Override
  public void join(RequestLife request, int instanceIndex, int blocks, List<Integer> victims) {
    makeRoom(victims);
    submit(request, instance(instanceIndex), blocks);
    run();
  }

  /**
   * Puts a request on a new instance of its model, with {@code blocks} KV blocks; the victims
   * leave.
   */
  @Override
  public void open(RequestLife request, InstanceCosts costs, int blocks, List<Integer> victims) {
    makeRoom(victims);
    submit(request, create(request.model(), costs, blocks), 0);
    run();
  }

  /** As {@link #join}, but the victim loses its cache and its requests start again elsewhere. */
  @Override
  public void joinInPlaceOf(int victim, RequestLife request, int instanceIndex, int blocks) {
    Instance target = instance(instanceIndex);
    preempt(instance(victim), LeaveReason.ROOM);
    submit(request, target, blocks);
    run();
  }

  /**
   * Brings a paused instance back, with {@code blocks} KV blocks; the victims leave. There is a
   * free slot then.
   */
  @Override
  public void resume(int instanceIndex, int blocks, List<Integer> victims) {
    makeRoom(victims);
    resume(instance(instanceIndex), blocks);
    run();
  }

  /** Brings a paused instance back for a request; the victims leave. */
  @Override
  public void resumeFor(RequestLife request, int instanceIndex, int blocks, List<Integer> victims) {
    makeRoom(victims);
    Instance instance = instance(instanceIndex);
    resume(instance, blocks);
    submit(request, instance, blocks);
    run();
  }

  /** Pauses instances; one without requests just goes. */
  private void makeRoom(List<Integer> victims) {
    for (int victim : victims) {
      Instance instance = instance(victim);
      if (instance.requestCount() == 0) {
        preempt(instance, LeaveReason.ROOM);
      } else {
        pause(instance, LeaveReason.ROOM);
      }
    }
  }

  /**
   * Opens an instance without requests, if there is none and memory that nobody needs is enough.
   *
   * @return whether there is one now
   */
  public boolean warm(ModelId model, InstanceCosts costs) {
    for (Instance instance : instances) {
      if (instance.model().equals(model) && !instance.draining && !instance.retired) {
        return true;
      }
    }
    if (!present || costs.shape().weightBytes() > ledger.unpromisedBytes()) {
      return false;
    }
    create(model, costs, 0);
    run();
    return true;
  }

  private Instance create(ModelId model, InstanceCosts costs, int blocks) {
    changed();
    InstanceId id = new InstanceId(spec.id() + "/" + model + "#" + nextInstance);
    Instance instance = new Instance(nextInstance++, id, model, costs, spec);
    instances.add(instance);
    if (correction != null) {
      instance.expected = correction.corrected(costs);
    }
    instance.startBlocks = blocks;
    listener.instanceCreated(instance);
    if (spec.memoryMoves()) {
      memory.load(instance);
      memory.resize(instance, blocks);
    } else {
      instance.loaded = true;
      instance.weightsPromised = true;
      instance.promisedBlocks = blocks;
      instance.heldBlocks = blocks;
      instance.usableBlocks = blocks;
    }
    return instance;
  }

  private void submit(RequestLife request, Instance instance, int blocks) {
    changed();
    request.become(RequestState.PREFILLING);
    instance.waiting.addLast(request);
    instance.emptyEpoch++;
    listener.placed(request, instance);
    if (blocks > instance.promisedBlocks) {
      memory.resize(instance, blocks);
    }
  }

  /** Takes an instance off the device; its requests must find another place. */
  private void preempt(Instance victim, LeaveReason reason) {
    changed();
    listener.leaving(victim, reason);
    victim.evictAll();
    victim.draining = true;
    memory.act(victim, Kind.EVICT);
    memory.release(victim);
  }

  /**
   * Takes an instance off the device and keeps its requests' keys and values on the host; those
   * without any go back to the coordinator. With no room left on the host it is preempted.
   */
  private void pause(Instance victim, LeaveReason reason) {
    if (!hostKv.hasRoomFor(victim)) {
      preempt(victim, reason);
      return;
    }
    changed();
    listener.leaving(victim, reason);
    victim.paused = true;
    victim.emptyEpoch++;
    victim.evicting.addAll(victim.waiting);
    victim.waiting.clear();
    memory.act(victim, Kind.EXPORT);
    memory.resize(victim, 0);
    memory.unload(victim);
  }

  private void resume(Instance instance, int blocks) {
    changed();
    instance.resuming = true;
    memory.load(instance);
    memory.resize(instance, blocks);
  }

  /** Answers a step. */
  public void onStepped(Instance instance, DeviceDriver.StepOutcome outcome) {
    if (instance.lost) {
      return;
    }
    changed();
    long nowNanos = timers.nowNanos();
    instance.stepping = false;
    steps--;
    long duration = nowNanos - instance.stepStartNanos;
    instance.restUntilNanos = nowNanos + Math.round(duration * settings.restPerStep());
    takeTokens(instance, outcome, nowNanos);
    dropCancelled(instance);
    if (relieves()) {
      relief.growAhead(instance);
    }
    learn(instance, duration);
    listener.stepEnded(instance, duration);
    run();
    if (settings.restPerStep() > 0) {
      timers.at(instance.restUntilNanos, this::run);
    }
  }

  private void learn(Instance stepped, long durationNanos) {
    if (correction != null
        && correction.observe(stepped.costs(), stepped.predictedNanos, durationNanos)) {
      for (Instance instance : instances) {
        instance.expected = correction.corrected(instance.costs());
      }
    }
  }

  private void takeTokens(Instance instance, DeviceDriver.StepOutcome outcome, long nowNanos) {
    List<RequestLife> requests = instance.batch().requests();
    boolean left = false;
    for (int i = 0; i < requests.size(); i++) {
      RequestLife request = requests.get(i);
      request.computedTokens(request.computedTokens() + instance.batch().chunk(i));
      if (request.computedTokens() < request.totalTokens()) {
        continue;
      }
      request.tokenAt(nowNanos);
      if (request.state() == RequestState.PREFILLING) {
        request.become(RequestState.DECODING);
      }
      listener.token(request, instance);
      if (outcome.ended(i)) {
        left = true;
        leave(request, instance);
      }
    }
    if (left) {
      afterLeaving(instance);
    }
  }

  /** Answers a step that failed: its requests are given up. */
  public void onStepFailed(Instance instance) {
    if (instance.lost) {
      return;
    }
    changed();
    instance.stepping = false;
    steps--;
    for (RequestLife request : List.copyOf(instance.batch().requests())) {
      remove(request, instance);
      request.become(RequestState.REFUSED);
      listener.refused(request, "step_failed");
    }
    afterLeaving(instance);
    run();
  }

  /**
   * Forgets a request: no step after the one in flight includes it.
   *
   * @return whether it was here
   */
  @Override
  public boolean cancel(RequestLife request) {
    for (Instance instance : instances) {
      if (instance.holds(request)) {
        changed();
        instance.cancelled.add(request);
        if (!instance.isUsing(request)) {
          dropCancelled(instance);
          run();
        }
        return true;
      }
    }
    return false;
  }

  /** The instances of a model take no more requests, and leave when they have none. */
  public void retire(ModelId model) {
    for (Instance instance : List.copyOf(instances)) {
      if (instance.model().equals(model)) {
        retire(instance.index());
      }
    }
  }

  /** An instance takes no more requests, and leaves when it has none. */
  public void retire(int instanceIndex) {
    Instance instance = instance(instanceIndex);
    if (!instance.draining) {
      changed();
      instance.retired = true;
      afterLeaving(instance);
      run();
    }
  }

  /** Drops the cancelled requests of an instance that its step or copy does not use. */
  private void dropCancelled(Instance instance) {
    if (instance.cancelled.isEmpty()) {
      return;
    }
    for (RequestLife request : List.copyOf(instance.cancelled)) {
      if (instance.isUsing(request)) {
        continue;
      }
      remove(request, instance);
      request.become(RequestState.CANCELLED);
      listener.cancelled(request);
    }
    if (instance.paused && instance.requestCount() == 0) {
      leaveForGood(instance);
    }
    afterLeaving(instance);
  }

  /** A paused instance has nobody to come back for. */
  private void leaveForGood(Instance instance) {
    listener.leaving(instance, LeaveReason.DESERTED);
    if (instance.weightsPromised) {
      memory.release(instance);
    } else {
      instance.draining = true;
    }
  }

  /** Takes a request off, with all that it holds. */
  private void remove(RequestLife request, Instance instance) {
    instance.drop(request);
    instance.cancelled.remove(request);
    instance.hold(request, 0);
    driver.freed(instance, request);
  }

  private void stepAside(Instance instance) {
    if (instance.draining || instance.paused || instance.lost) {
      return;
    }
    boolean alone = ledger.promisedBytes() == instance.promisedBytes();
    if (instance.running.isEmpty() && instance.aside.isEmpty()) {
      preempt(instance, LeaveReason.STARVED);
    } else if (alone && instance.running.size() > 1 && instance.moving.isEmpty()) {
      shed(instance);
    } else {
      pause(instance, LeaveReason.STARVED);
    }
    run();
  }

  /**
   * Nobody will leave for it and the whole device is too small: the newest requests start again.
   */
  private void shed(Instance instance) {
    changed();
    while (!settings.batching().hasWork(instance) && instance.running.size() > 1) {
      instance.dropNewest(driver, listener);
    }
  }

  private void leave(RequestLife request, Instance instance) {
    remove(request, instance);
    request.become(RequestState.FINISHED);
    upstream.finished(request);
  }

  private void afterLeaving(Instance instance) {
    if (instance.draining || instance.paused) {
      return;
    }
    if (spec.memoryMoves()) {
      int needed = instance.neededBlocks(settings.sizing().reserveTokens());
      int blocks =
          settings.sizing().shrunkBlocks(instance.promisedBlocks, needed, spec.kvBlockTokens());
      if (blocks != instance.promisedBlocks) {
        memory.resize(instance, blocks);
      }
    }
    Residence residence = settings.residence();
    if (instance.requestCount() == 0 && instance.retired) {
      release(instance, LeaveReason.RETIRED);
    } else if (instance.requestCount() == 0 && !residence.pinned().test(instance.model())) {
      int epoch = ++instance.emptyEpoch;
      if (residence.keepAliveNanos() == 0 || !spec.memoryMoves()) {
        release(instance, LeaveReason.KEEP_ALIVE);
      } else if (residence.keepAliveNanos() < Long.MAX_VALUE) {
        timers.at(timers.nowNanos() + residence.keepAliveNanos(), () -> expire(instance, epoch));
      }
    }
  }

  /** From its load on an instance stays for a while, a pinned one for ever. */
  private void settle(Instance instance, long loadNanos) {
    Residence residence = settings.residence();
    boolean pinned = residence.pinned().test(instance.model());
    long leastNanos = residence.leastNanos(loadNanos);
    instance.stays = pinned || leastNanos > 0;
    if (instance.stays && !pinned) {
      timers.at(
          timers.nowNanos() + leastNanos,
          () -> {
            instance.stays = residence.pinned().test(instance.model());
            changed();
          });
    }
  }

  /** A model was pinned, or is so no more. */
  public void pinChanged(ModelId model) {
    boolean pinned = settings.residence().pinned().test(model);
    changed();
    for (Instance instance : List.copyOf(instances)) {
      if (instance.model().equals(model) && instance.loaded) {
        instance.stays = pinned;
        if (pinned) {
          instance.emptyEpoch++;
        } else if (instance.requestCount() == 0) {
          afterLeaving(instance);
        }
      }
    }
    run();
  }

  private void release(Instance instance, LeaveReason reason) {
    listener.leaving(instance, reason);
    memory.release(instance);
  }

  private void expire(Instance instance, int epoch) {
    if (instance.emptyEpoch == epoch && !instance.draining) {
      changed();
      release(instance, LeaveReason.KEEP_ALIVE);
      run();
    }
  }

  /** Answers memory work. */
  public void onActionDone(Instance instance, long durationNanos) {
    if (instance.lost) {
      return;
    }
    changed();
    MemoryAction action = instance.actions.removeFirst();
    instance.acting = false;
    memory.done(instance, action);
    if (action.kind() == Kind.LOAD) {
      settle(instance, durationNanos);
    }
    if (action.kind() == Kind.EXPORT) {
      hostKv.exported(instance, driver);
      sendBack(instance);
    } else if (action.kind() == Kind.IMPORT) {
      hostKv.imported(instance);
    } else if (action.kind() == Kind.SET_ASIDE) {
      hostKv.setAside(instance, driver);
    } else if (action.kind() == Kind.BRING_BACK) {
      hostKv.broughtBack(instance);
    }
    if (action.kind() == Kind.LOAD) {
      forgiveLoad(instance, durationNanos);
    }
    listener.memoryActed(instance, action, durationNanos);
    if (action.kind() == Kind.EVICT) {
      sendBack(instance);
    }
    dropCancelled(instance);
    memory.giveOut();
    run();
  }

  /** A load is forgiven to who waits for it; who was paused meanwhile is owed the time. */
  private static void forgiveLoad(Instance instance, long durationNanos) {
    instance.waiting.forEach(request -> request.forgiveLoad(durationNanos));
    if (!instance.resuming) {
      instance.running.forEach(request -> request.forgiveLoad(durationNanos));
    }
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
    changed();
    MemoryAction action = instance.actions.removeFirst();
    instance.acting = false;
    memory.failed(instance, action);
    instance.evicting.addAll(instance.waiting);
    instance.waiting.clear();
    boolean isBare = instance.promisedBlocks == 0 && !instance.paused;
    boolean useless = isBare || action.kind() == Kind.LOAD || instance.resuming;
    if (useless && !instance.draining) {
      instance.evictAll();
      release(instance, LeaveReason.FAILED);
    }
    sendBack(instance);
    dropCancelled(instance);
    if (instance.requestCount() == 0 && !instance.draining && !instance.paused) {
      release(instance, LeaveReason.FAILED);
    }
    memory.giveOut();
    run();
  }

  /** The device is gone with all that it held: its requests must find other places. */
  public void onDeviceLost() {
    changed();
    present = false;
    List<RequestLife> homeless = new ArrayList<>();
    for (Instance instance : instances) {
      listener.leaving(instance, LeaveReason.DEVICE_LOST);
      instance.lost = true;
      instance.draining = true;
      instance.evictAll();
      homeless.addAll(turnOut(instance));
      listener.instanceRemoved(instance);
    }
    instances.clear();
    memory.clear();
    steps = 0;
    upstream.evicted(homeless);
  }

  /** The device is back, empty. */
  public void onDeviceBack() {
    changed();
    present = true;
  }

  private void sendBack(Instance instance) {
    upstream.evicted(turnOut(instance));
  }

  private List<RequestLife> turnOut(Instance instance) {
    List<RequestLife> evicted = List.copyOf(instance.evicting);
    instance.evicting.clear();
    List<RequestLife> homeless = new ArrayList<>();
    for (RequestLife request : evicted) {
      boolean isCancelled = instance.cancelled.contains(request);
      remove(request, instance);
      request.computedTokens(0);
      if (isCancelled) {
        request.become(RequestState.CANCELLED);
        listener.cancelled(request);
      } else {
        request.countEviction();
        request.become(RequestState.QUEUED);
        listener.evicted(request, instance);
        homeless.add(request);
      }
    }
    return homeless;
  }

  /** Starts what can start: memory work of instances that do not step, then a step. */
  private void run() {
    startActions();
    for (int i = instances.size() - 1; i >= 0; i--) {
      Instance instance = instances.get(i);
      if (instance.draining && memory.isIdle(instance)) {
        instances.remove(i);
        changed();
        listener.instanceRemoved(instance);
      }
    }
    if (relieves()) {
      for (int i = 0; i < instances.size(); i++) {
        Instance instance = instances.get(i);
        if (!relief.relieve(instance)) {
          timers.at(timers.nowNanos(), () -> stepAside(instance));
        }
      }
      startActions();
    }
    while (steps < settings.concurrentSteps() && startStep()) {}
  }

  private boolean relieves() {
    return settings.growWhileDecoding() && spec.memoryMoves();
  }

  private void startActions() {
    for (int i = instances.size() - 1; i >= 0; i--) {
      memory.start(instances.get(i), driver);
    }
  }

  private boolean startStep() {
    long nowNanos = timers.nowNanos();
    Instance next = null;
    long earliest = Long.MAX_VALUE;
    for (int i = 0; i < instances.size(); i++) {
      Instance instance = instances.get(i);
      if (!canStep(instance, nowNanos)) {
        continue;
      }
      long rank =
          instance.quotaLeft > 0 ? Long.MIN_VALUE : settings.order().rank(instance, nowNanos);
      if (rank < earliest) {
        earliest = rank;
        next = instance;
      }
    }
    return next != null && step(next, nowNanos);
  }

  private boolean canStep(Instance instance, long nowNanos) {
    return instance.loaded
        && !instance.paused
        && !instance.stepping
        && instance.actions.isEmpty()
        && instance.usableBlocks > 0
        && instance.restUntilNanos <= nowNanos
        && settings.batching().hasWork(instance);
  }

  private boolean step(Instance instance, long nowNanos) {
    if (instance.quotaLeft == 0) {
      instance.quotaLeft = instance.waiting.isEmpty() ? spec.decodeQuota() : 1;
    }
    instance.quotaLeft--;
    changed();
    Batching.Turn turn =
        new Batching.Turn(nowNanos, spareNanos(instance, nowNanos), driver, listener);
    if (!settings.batching().compose(instance, turn)) {
      return false;
    }
    instance.predictedNanos = instance.batch().nanos(instance.costs().latency());
    instance.stepping = true;
    instance.stepStartNanos = nowNanos;
    steps++;
    listener.stepStarted(instance);
    driver.step(instance);
    return true;
  }

  /** Time until another instance must have begun its next step. */
  private long spareNanos(Instance stepping, long nowNanos) {
    long spare = Long.MAX_VALUE;
    for (int i = 0; i < instances.size(); i++) {
      Instance other = instances.get(i);
      if (other != stepping && canStep(other, nowNanos)) {
        spare = Math.min(spare, other.decodeSpareNanos(nowNanos));
      }
    }
    return spare;
  }

  private double costFactor() {
    return correction == null ? 1 : correction.deviceFactor();
  }

  private void changed() {
    snapshot = null;
  }

  /** The device as it is now. */
  @Override
  public DeviceSnapshot snapshot() {
    if (snapshot == null) {
      snapshot =
          snapshots.take(
              instances, ledger.promisedBytes(), present, costFactor(), timers.nowNanos());
    }
    return snapshot;
  }
}
