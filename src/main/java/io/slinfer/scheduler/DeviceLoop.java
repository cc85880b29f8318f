package io.slinfer.scheduler;

import io.slinfer.admission.DeviceSnapshot;
import io.slinfer.admission.InstanceSnapshot;
import io.slinfer.cost.DeviceSpec;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.memory.Ledger;
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
public final class DeviceLoop {

  /** Is told what concerns the requests' coordinator. */
  public interface Upstream {
    /** The request has all its tokens. */
    void finished(RequestLife request);

    /** The requests lost their place and must find another. */
    void evicted(List<RequestLife> requests);
  }

  private final int index;
  private final DeviceSpec spec;
  private final DeviceSettings settings;
  private final Timers timers;
  private final SchedulerListener listener;
  private final Ledger ledger;
  private final MemoryWork memory;
  private final List<Instance> instances = new ArrayList<>();
  private DeviceDriver driver;
  private Upstream upstream;
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
    this.index = index;
    this.spec = spec;
    this.settings = settings;
    this.timers = timers;
    this.listener = listener;
    this.ledger = new Ledger(spec.capacityBytes());
    this.memory = new MemoryWork(ledger);
  }

  /** Connects the loop to its device and its coordinator, before anything else. */
  public void connect(DeviceDriver newDriver, Upstream newUpstream) {
    this.driver = newDriver;
    this.upstream = newUpstream;
  }

  public DeviceSpec spec() {
    return spec;
  }

  /** How many instances may step at once. */
  public int concurrentSteps() {
    return settings.concurrentSteps();
  }

  /** Most KV bytes of paused instances that the host keeps. */
  long mostPausedBytes() {
    return settings.mostPausedBytes();
  }

  public Ledger ledger() {
    return ledger;
  }

  /** Whether no memory work waits for room. */
  boolean memoryIsIdle() {
    return memory.isIdle();
  }

  /** The instances on the device; a live view. */
  public List<Instance> instances() {
    return java.util.Collections.unmodifiableList(instances);
  }

  /** Takes a slot for a model, with {@code blocks} KV blocks. */
  public Instance create(ModelId model, InstanceCosts costs, int blocks) {
    changed();
    InstanceId id = new InstanceId(spec.id() + "/" + model + "#" + nextInstance);
    Instance instance = new Instance(nextInstance++, id, model, costs, spec);
    instances.add(instance);
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

  /** The instance with this index. */
  public Instance instance(int instanceIndex) {
    for (Instance instance : instances) {
      if (instance.index() == instanceIndex) {
        return instance;
      }
    }
    throw new IllegalArgumentException("no instance " + instanceIndex + " on " + spec.id());
  }

  /** Puts a request on an instance, which then gets {@code blocks} KV blocks. */
  public void submit(RequestLife request, Instance instance, int blocks) {
    changed();
    request.become(RequestState.PREFILLING);
    instance.waiting.addLast(request);
    instance.emptyEpoch++;
    listener.placed(request, instance);
    if (blocks > instance.promisedBlocks) {
      memory.resize(instance, blocks);
    }
    run();
  }

  /** Takes an instance off the device; its requests must find another place. */
  public void preempt(Instance victim) {
    changed();
    victim.evicting.addAll(victim.running);
    victim.evicting.addAll(victim.waiting);
    victim.running.clear();
    victim.waiting.clear();
    victim.draining = true;
    memory.act(victim, Kind.EVICT);
    release(victim);
    run();
  }

  /**
   * Takes an instance off the device and keeps its requests' keys and values on the host; those
   * without any go back to the coordinator. With no room left on the host it is preempted.
   */
  public void pause(Instance victim) {
    if (pausedKvBytes() + victim.blockBytes(pausedBlocks(victim)) > settings.mostPausedBytes()) {
      preempt(victim);
      return;
    }
    changed();
    victim.paused = true;
    victim.emptyEpoch++;
    victim.evicting.addAll(victim.waiting);
    victim.waiting.clear();
    memory.act(victim, Kind.EXPORT);
    memory.resize(victim, 0);
    memory.unload(victim);
    run();
  }

  /** Brings a paused instance back, with {@code blocks} KV blocks; it needs a free slot. */
  public void resume(Instance instance, int blocks) {
    changed();
    instance.resuming = true;
    memory.load(instance);
    memory.resize(instance, blocks);
    run();
  }

  private void release(Instance instance) {
    instance.draining = true;
    if (spec.memoryMoves()) {
      memory.resize(instance, 0);
      memory.unload(instance);
    }
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
    growAhead(instance);
    listener.stepEnded(instance, duration);
    run();
    if (settings.restPerStep() > 0) {
      timers.at(instance.restUntilNanos, this::run);
    }
  }

  private void takeTokens(Instance instance, DeviceDriver.StepOutcome outcome, long nowNanos) {
    List<RequestLife> requests = instance.batch().requests();
    boolean left = false;
    for (int i = 0; i < requests.size(); i++) {
      RequestLife request = requests.get(i);
      request.computedTokens(request.totalTokens());
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
    if (left && !instance.draining && !instance.paused) {
      afterLeaving(instance, nowNanos);
    }
  }

  /** Frees an instance from standing still for want of blocks: grows it, else pauses it. */
  private void relieve(Instance instance) {
    boolean starved =
        instance.loaded
            && !instance.paused
            && !instance.draining
            && !instance.stepping
            && instance.actions.isEmpty()
            && instance.requestCount() > 0
            && !memory.hasPending(instance)
            && !settings.batching().hasWork(instance);
    if (!starved) {
      return;
    }
    int missing = instance.neededBlocks(spec.kvBlockTokens()) - instance.promisedBlocks;
    long left = blocksLeft(instance, Math.max(1, missing));
    if (missing <= left) {
      memory.resize(instance, instance.promisedBlocks + Math.max(1, missing));
    } else {
      timers.at(timers.nowNanos(), () -> stepAside(instance));
    }
  }

  private void stepAside(Instance instance) {
    if (instance.draining || instance.paused || instance.lost) {
      return;
    }
    if (instance.running.isEmpty()) {
      preempt(instance);
    } else {
      pause(instance);
    }
  }

  /** Grows KV before the running requests run out of blocks. */
  private void growAhead(Instance instance) {
    boolean settled = instance.promisedBlocks == instance.usableBlocks;
    if (!settings.growWhileDecoding()
        || !spec.memoryMoves()
        || !settled
        || instance.paused
        || instance.draining) {
      return;
    }
    int wanted = instance.running.size() / 2 + 1;
    if (instance.freeBlocks() < wanted) {
      int wish = Math.max(32, 2 * instance.running.size());
      int growth = (int) Math.min(blocksLeft(instance, wish), wish);
      if (growth > 0) {
        memory.resize(instance, instance.promisedBlocks + growth);
      }
    }
  }

  /** Blocks not promised to anybody; instances without requests go until there are enough. */
  private long blocksLeft(Instance instance, int wanted) {
    long bytes = instance.blockBytes(wanted);
    for (int i = 0; i < instances.size() && ledger.unpromisedBytes() < bytes; i++) {
      Instance idle = instances.get(i);
      boolean useless = idle.loaded && idle.requestCount() == 0 && !idle.paused && !idle.draining;
      if (useless && idle != instance) {
        release(idle);
        startAction(idle);
      }
    }
    return ledger.unpromisedBytes() / instance.blockBytes(1);
  }

  private void leave(RequestLife request, Instance instance) {
    instance.hold(request, 0);
    if (!instance.running.remove(request)) {
      instance.evicting.remove(request);
    }
    request.become(RequestState.FINISHED);
    upstream.finished(request);
  }

  private void afterLeaving(Instance instance, long nowNanos) {
    if (spec.memoryMoves()) {
      int needed = instance.neededBlocks(settings.sizing().reserveTokens());
      int blocks =
          settings.sizing().shrunkBlocks(instance.promisedBlocks, needed, spec.kvBlockTokens());
      if (blocks != instance.promisedBlocks) {
        memory.resize(instance, blocks);
      }
    }
    if (instance.requestCount() == 0) {
      int epoch = ++instance.emptyEpoch;
      if (settings.keepAliveNanos() == 0 || !spec.memoryMoves()) {
        release(instance);
      } else if (settings.keepAliveNanos() < Long.MAX_VALUE) {
        timers.at(nowNanos + settings.keepAliveNanos(), () -> expire(instance, epoch));
      }
    }
  }

  private void expire(Instance instance, int epoch) {
    if (instance.emptyEpoch == epoch && !instance.draining) {
      changed();
      release(instance);
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
    if (action.kind() == Kind.EXPORT) {
      exported(instance);
    } else if (action.kind() == Kind.IMPORT) {
      imported(instance);
    }
    if (action.kind() == Kind.LOAD && !instance.resuming) {
      instance.waiting.forEach(request -> request.forgiveLoad(durationNanos));
      instance.running.forEach(request -> request.forgiveLoad(durationNanos));
    }
    listener.memoryActed(instance, action, durationNanos);
    if (action.kind() == Kind.EVICT) {
      sendBack(instance);
    }
    memory.giveOut();
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
    changed();
    MemoryAction action = instance.actions.removeFirst();
    instance.acting = false;
    memory.failed(instance, action);
    instance.evicting.addAll(instance.waiting);
    instance.waiting.clear();
    boolean isBare = instance.promisedBlocks == 0 && !instance.paused;
    boolean useless = isBare || action.kind() == Kind.LOAD || instance.resuming;
    if (useless && !instance.draining) {
      instance.evicting.addAll(instance.running);
      instance.running.clear();
      release(instance);
    }
    sendBack(instance);
    if (instance.requestCount() == 0 && !instance.draining && !instance.paused) {
      release(instance);
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
      instance.lost = true;
      instance.draining = true;
      instance.evicting.addAll(instance.waiting);
      instance.evicting.addAll(instance.running);
      instance.waiting.clear();
      instance.running.clear();
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
    for (RequestLife request : evicted) {
      instance.hold(request, 0);
      request.computedTokens(0);
      request.countEviction();
      request.become(RequestState.QUEUED);
      listener.evicted(request, instance);
    }
    return evicted;
  }

  private void exported(Instance instance) {
    for (RequestLife request : instance.running) {
      instance.hold(request, 0);
      request.become(RequestState.PAUSED);
    }
    instance.draining = instance.running.isEmpty();
    sendBack(instance);
  }

  private void imported(Instance instance) {
    for (RequestLife request : instance.running) {
      instance.hold(request, spec.blocksFor(request.computedTokens()));
      request.become(RequestState.DECODING);
    }
    instance.paused = false;
    instance.resuming = false;
  }

  /** Whether a paused instance has left the device and can come back. */
  public boolean isParked(Instance instance) {
    return instance.paused && !instance.resuming && isIdle(instance);
  }

  private boolean isIdle(Instance instance) {
    return !instance.stepping
        && instance.actions.isEmpty()
        && instance.evicting.isEmpty()
        && !memory.hasPending(instance);
  }

  private int slotsUsed() {
    int used = 0;
    for (Instance instance : instances) {
      used += isParked(instance) ? 0 : 1;
    }
    return used;
  }

  /** Starts what can start: memory work of instances that do not step, then a step. */
  private void run() {
    for (int i = instances.size() - 1; i >= 0; i--) {
      Instance instance = instances.get(i);
      startAction(instance);
      if (isGone(instance)) {
        instances.remove(i);
        changed();
        listener.instanceRemoved(instance);
      }
    }
    if (settings.growWhileDecoding() && spec.memoryMoves()) {
      for (int i = 0; i < instances.size(); i++) {
        relieve(instances.get(i));
      }
    }
    while (steps < settings.concurrentSteps() && startStep()) {}
  }

  private void startAction(Instance instance) {
    if (instance.resuming
        && instance.actions.isEmpty()
        && instance.loaded
        && instance.usableBlocks > 0) {
      memory.act(instance, Kind.IMPORT);
    }
    while (!instance.stepping && !instance.acting && !instance.actions.isEmpty()) {
      MemoryAction action = instance.actions.peekFirst();
      if (MemoryWork.isSuperseded(instance, action)) {
        instance.actions.removeFirst();
        continue;
      }
      instance.acting = true;
      switch (action.kind()) {
        case LOAD -> driver.load(instance);
        case UNLOAD -> driver.unload(instance);
        case EVICT -> driver.evict(instance);
        case EXPORT -> driver.exportKv(instance, instance.usedKvBytes());
        case IMPORT -> driver.importKv(instance, instance.blockBytes(pausedBlocks(instance)));
        case RESIZE ->
            driver.resize(instance, instance.usableBlocks, action.blocks(), instance.usedBlocks);
      }
    }
  }

  /** KV bytes of paused instances that are on the host or on their way. */
  public long pausedKvBytes() {
    long bytes = 0;
    for (Instance instance : instances) {
      bytes += instance.paused ? instance.blockBytes(pausedBlocks(instance)) : 0;
    }
    return bytes;
  }

  private int pausedBlocks(Instance instance) {
    int blocks = 0;
    for (RequestLife request : instance.running) {
      blocks += spec.blocksFor(request.computedTokens());
    }
    return blocks;
  }

  private boolean isGone(Instance instance) {
    return instance.draining && isIdle(instance);
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
    if (!settings.batching().compose(instance, listener)) {
      return false;
    }
    instance.stepping = true;
    instance.stepStartNanos = nowNanos;
    steps++;
    listener.stepStarted(instance);
    driver.step(instance);
    return true;
  }

  private void changed() {
    snapshot = null;
  }

  /** The device as it is now. */
  public DeviceSnapshot snapshot() {
    if (snapshot == null) {
      List<InstanceSnapshot> views = new ArrayList<>(instances.size());
      long stepStart = Long.MAX_VALUE;
      for (Instance instance : instances) {
        views.add(view(instance));
        if (instance.stepping) {
          stepStart = Math.min(stepStart, instance.stepStartNanos);
        }
      }
      snapshot =
          new DeviceSnapshot(
              index,
              spec,
              ledger.promisedBytes(),
              stepStart,
              present ? spec.slots() - slotsUsed() : 0,
              List.copyOf(views));
    }
    return snapshot;
  }

  private InstanceSnapshot view(Instance instance) {
    long tokens = 0;
    long prefill = 0;
    int hopeful = 0;
    long nowNanos = timers.nowNanos();
    long prefillDeadline = Long.MAX_VALUE;
    long decodeDeadline = Long.MAX_VALUE;
    for (RequestLife request : instance.waiting) {
      hopeful += request.isHopeful(nowNanos) ? 1 : 0;
      prefillDeadline = Math.min(prefillDeadline, request.deadlineNanos());
      tokens += request.totalTokens();
      prefill += instance.costs().prefillNanos(request.totalTokens());
    }
    for (RequestLife request : instance.running) {
      hopeful += request.isHopeful(nowNanos) ? 1 : 0;
      tokens += request.totalTokens();
      if (request.state() == RequestState.PREFILLING) {
        prefill += instance.costs().prefillNanos(request.totalTokens());
        prefillDeadline = Math.min(prefillDeadline, request.deadlineNanos());
      } else {
        decodeDeadline = Math.min(decodeDeadline, request.deadlineNanos());
      }
    }
    return new InstanceSnapshot(
        instance.index(),
        instance.model(),
        instance.costs(),
        !instance.loaded,
        !instance.draining && !instance.paused,
        instance.weightsPromised,
        instance.promisedBlocks,
        instance.requestCount(),
        hopeful,
        tokens,
        instance.neededBlocks(settings.sizing().reserveTokens()),
        prefillDeadline,
        decodeDeadline,
        prefill,
        isParked(instance));
  }
}
