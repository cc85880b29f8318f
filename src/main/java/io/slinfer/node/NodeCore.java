package io.slinfer.node;

import io.slinfer.admission.DeviceSnapshot;
import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.engine.ModelSource;
import io.slinfer.memory.Residence;
import io.slinfer.metrics.ServingMeters;
import io.slinfer.node.Command.Cancel;
import io.slinfer.node.Command.Revoke;
import io.slinfer.node.Command.Submit;
import io.slinfer.packing.Consolidation;
import io.slinfer.placement.PlacementPolicy;
import io.slinfer.request.DeadlineRule;
import io.slinfer.request.Failure;
import io.slinfer.request.ModelId;
import io.slinfer.request.RequestLife;
import io.slinfer.request.RequestState;
import io.slinfer.request.Standing;
import io.slinfer.scheduler.Broadcast;
import io.slinfer.scheduler.Coordinator;
import io.slinfer.scheduler.DeviceLoop;
import io.slinfer.scheduler.DeviceSettings;
import io.slinfer.scheduler.Instance;
import io.slinfer.scheduler.MemoryAction;
import io.slinfer.scheduler.QueueCoordinator;
import io.slinfer.scheduler.SchedulerListener;
import io.slinfer.scheduler.Timers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node without its event loops: takes commands from the inbox and runs the scheduler's own
 * objects (the queue, placement, the step loop of each device) on engines. A request is told that
 * it is accepted when it has a place; from then on it is never given up for want of time.
 *
 * <p>Confined to the node's owner.
 */
public final class NodeCore implements DeviceLoop.Upstream, SchedulerListener {

  private static final Logger LOG = LoggerFactory.getLogger(NodeCore.class);
  private static final int COMMANDS_PER_TURN = 256;
  private static final long RETRY_MILLIS = 5_000;

  private final Parts parts;
  private final Turns timers;
  private final SchedulingLog log;
  private final Pins pins = new Pins();
  private final Inbox inbox;
  private final LiveRequests requests;
  private final ModelBook models;
  private final Promises promises;
  private final List<DeviceLoop> loops = new ArrayList<>();
  private final List<EngineDriver> drivers = new ArrayList<>();
  private final List<IdleProfiling> profilings = new ArrayList<>();
  private final Coordinator coordinator;
  private final ModelStates states = new ModelStates();
  private final AtomicBoolean awake = new AtomicBoolean();
  private Runnable changeListener = () -> {};
  private long lastQuestion;
  private boolean stopped;

  /**
   * What a node is made of.
   *
   * @param owner runs tasks on the owner's thread, in order; called on any thread
   * @param deadlines when tokens are due
   * @param maxWaiting requests that may wait for their first step
   * @param recorder is told all that comes in, and what is decided
   */
  public record Parts(
      List<DeviceParts> devices,
      CostSource costs,
      PlacementPolicy placement,
      DeadlineRule deadlines,
      Promises promises,
      Timers timers,
      Executor owner,
      int maxWaiting,
      ServingMeters meters,
      NodeRecorder recorder) {

    public Parts {
      devices = List.copyOf(devices);
    }
  }

  public NodeCore(Parts parts) {
    this.parts = parts;
    this.timers = new Turns(parts.timers, parts.recorder);
    this.log = new SchedulingLog(timers, parts.devices);
    SchedulingMeters scheduling = new SchedulingMeters(parts.meters, timers, loops);
    SchedulerListener listener = new Broadcast(List.of(parts.recorder, scheduling, log, this));
    this.inbox = new Inbox(parts.maxWaiting, parts.timers::nowNanos, this::wake);
    this.promises = parts.promises;
    this.requests = new LiveRequests(inbox, parts.meters, timers, parts.owner);
    this.models = new ModelBook(parts.meters);
    for (DeviceParts device : parts.devices) {
      DeviceSettings settings = device.settings();
      Residence residence = settings.residence();
      DeviceLoop loop =
          new DeviceLoop(
              loops.size(),
              device.spec(),
              settings.with(residence.pinning(pins.over(residence.pinned()))),
              timers,
              listener);
      EngineDriver driver = new EngineDriver(loops.size(), requests, models, timers);
      driver.connect(loop);
      loop.connect(driver, this);
      loop.correctCosts();
      loops.add(loop);
      scheduling.add(loop);
      drivers.add(driver);
      if (parts.recorder == NodeRecorder.NONE) {
        // A measurement is no decision that follows from inputs, so a recorded node makes none.
        profilings.add(
            new IdleProfiling(
                new IdleProfiling.Parts(loop, driver, models, parts.costs, timers, parts.owner),
                () -> requests.count() == 0));
      }
    }
    this.coordinator =
        new QueueCoordinator(
            new Coordinator.Surroundings(loops, models::costs, parts.placement, timers, listener),
            QueueCoordinator.Patience.SERVING);
  }

  /** Where commands go; any thread. */
  public Inbox inbox() {
    return inbox;
  }

  private void wake() {
    if (awake.compareAndSet(false, true)) {
      parts.owner.execute(
          () -> {
            awake.set(false);
            if (!stopped) {
              inbox.drain(COMMANDS_PER_TURN, this::onCommand);
            }
          });
    }
  }

  /** The driver of a device, for its engine. */
  public EngineDriver driver(int device) {
    return drivers.get(device);
  }

  /** The devices' step loops; to look at, and for audits. */
  public List<DeviceLoop> loops() {
    return List.copyOf(loops);
  }

  /** Requests that have not ended. */
  public int liveRequests() {
    return requests.count();
  }

  /** Requests that have not ended although their callers have gone. */
  public int leavingRequests() {
    return (int) requests.all().stream().filter(LiveRequest::isCancelled).count();
  }

  /** KV blocks that requests use, of all devices. */
  public int usedBlocks() {
    return drivers.stream().mapToInt(EngineDriver::usedBlocks).sum();
  }

  /** How the instances of each device stand. */
  public List<List<InstanceStatus>> instances() {
    return loops.stream()
        .map(loop -> loop.instances().stream().map(InstanceStatus::of).toList())
        .toList();
  }

  /** Fails what has not ended; the engines are their owners' to close. */
  public void stop() {
    stopped = true;
    Failure stopping = new Failure.Unavailable("the server is stopping", "stopping", RETRY_MILLIS);
    inbox.drain(
        Integer.MAX_VALUE,
        command -> {
          if (command instanceof Submit submit) {
            LiveRequest request = new LiveRequest(submit);
            requests.add(request);
          }
        });
    requests.all().forEach(request -> requests.failed(request, stopping));
    requests.flush();
  }

  /** How models stand; any thread. */
  public ModelStates states() {
    return states;
  }

  /**
   * Loads a model ahead of its first request, if there is room for it now and it is not here.
   *
   * @return whether it is here, or will be
   */
  public boolean warm(ModelId model) {
    boolean[] here = new boolean[1];
    timers.take(new Input.Warm(model), () -> here[0] = warming(model).isEmpty());
    return here[0];
  }

  /** Why a model is not here and will not be; empty if it is, or is on its way. */
  private Optional<Failure> warming(ModelId model) {
    Optional<Failure> cooling = models.refusal(model, timers.nowNanos());
    if (cooling.isPresent()) {
      return cooling;
    }
    for (DeviceLoop loop : loops) {
      InstanceCosts costs = models.knows(model) ? models.costs(model, loop.spec().kind()) : null;
      if (costs != null && loop.warm(model, costs)) {
        return Optional.empty();
      }
    }
    return Optional.of(
        new Failure.Unavailable(
            "no device has room for " + model + " that nobody uses", "no_room", RETRY_MILLIS));
  }

  /**
   * Loads a model ahead of its first request, if there is room for it now and it is not here. Any
   * thread.
   *
   * @param answer is told on the owner why it is not here and will not be; empty if it will be
   */
  public void load(ModelSource source, Consumer<Optional<Failure>> answer) {
    make(
        new Input.Load(source),
        source,
        failure -> {
          Optional<Failure> refusal = failure.or(() -> warming(source.model()));
          parts.owner.execute(() -> answer.accept(refusal));
        });
  }

  /** Makes a model known, so that it can be loaded ahead of its first request. Any thread. */
  public void learn(ModelSource source, Runnable afterwards) {
    make(
        new Input.Learn(source),
        source,
        failure -> {
          if (failure.isEmpty()) {
            parts.owner.execute(afterwards);
          } else {
            LOG.warn("{} cannot be loaded: {}", source.model(), failure.get().message());
          }
        });
  }

  /** Makes a model known; then, in the same turn or a later one, tells why it could not be. */
  private void make(Input input, ModelSource source, Consumer<Optional<Failure>> then) {
    parts.owner.execute(
        () ->
            timers.take(
                input,
                () -> {
                  if (models.knows(source)) {
                    then.accept(Optional.empty());
                    return;
                  }
                  ask(
                      source,
                      costs -> {
                        replace(source, costs);
                        then.accept(Optional.empty());
                      },
                      failure -> then.accept(Optional.of(failure)));
                }));
  }

  /**
   * Has a model leave. Owner.
   *
   * @param cause what its requests are told; null: they are served to their end first
   */
  public void unload(ModelId model, Failure cause) {
    timers.take(
        new Input.Unload(model, cause),
        () -> {
          if (cause != null) {
            for (LiveRequest request : requests.all()) {
              if (request.request().model().equals(model)) {
                revoke(request, cause);
              }
            }
          }
          loops.forEach(loop -> loop.retire(model));
        });
  }

  /** Has a model never leave once it is loaded, or be like others again. Owner. */
  public void pin(ModelId model, boolean pinned) {
    timers.take(
        new Input.Pin(model, pinned),
        () -> {
          pins.set(model, pinned);
          loops.forEach(loop -> loop.pinChanged(model));
        });
  }

  /** Whether a model never leaves. Any thread. */
  public boolean isPinned(ModelId model) {
    return pins.over(parts.devices.getFirst().settings().residence().pinned()).test(model);
  }

  /** Why a model cannot be loaded now. Owner. */
  public Optional<Failure> cooling(ModelId model) {
    return models.refusal(model, timers.nowNanos());
  }

  /** How all stands, for operators. */
  public NodeReports reports() {
    return new NodeReports(loops, requests, timers);
  }

  /** Has instances leave that the plan finds superfluous. */
  public void consolidate(Consolidation consolidation) {
    timers.take(
        new Input.Consolidate(consolidation.aim(), consolidation.mostShare()),
        () -> carryOut(consolidation));
  }

  private void carryOut(Consolidation consolidation) {
    List<DeviceSnapshot> devices = loops.stream().map(DeviceLoop::snapshot).toList();
    for (Consolidation.Retire leaving : consolidation.plan(devices)) {
      LOG.info("packing: {} leaves", loops.get(leaving.device()).instance(leaving.instance()));
      loops.get(leaving.device()).retire(leaving.instance());
    }
  }

  /** Has an instance leave as soon as it has no requests; one that is gone is ignored. */
  public void retire(int device, int instance, ModelId model) {
    timers.take(
        new Input.Retire(device, instance, model),
        () -> {
          DeviceLoop loop = loops.get(device);
          boolean present =
              loop.instances().stream()
                  .anyMatch(found -> found.index() == instance && found.model().equals(model));
          if (present) {
            LOG.info("packing: {} leaves", loop.instance(instance));
            loop.retire(instance);
          }
        });
  }

  /** Has a task run after each change of a device or an instance, on the owner. */
  public void onChange(Runnable task) {
    changeListener = task;
    task.run();
  }

  // Commands.

  private void onCommand(Command command) {
    switch (command) {
      case Submit submit -> timers.take(new Input.Submitted(submit), () -> onSubmit(submit));
      case Cancel cancel ->
          timers.take(new Input.Cancelled(cancel.id(), null), () -> onCancel(cancel));
      case Revoke revoke ->
          timers.take(
              new Input.Cancelled(revoke.id(), revoke.cause()),
              () -> requests.find(revoke.id()).ifPresent(found -> revoke(found, revoke.cause())));
    }
  }

  private void onSubmit(Submit submit) {
    LiveRequest request = new LiveRequest(submit);
    requests.add(request);
    ModelSource source = submit.source();
    if (models.knows(source)) {
      admit(request);
      return;
    }
    ask(
        source,
        costs -> {
          replace(source, costs);
          requests.find(request.id()).ifPresent(this::admit);
        },
        failure -> requests.find(request.id()).ifPresent(waiting -> fail(waiting, failure)));
  }

  /** Asks what a model costs; answered in a later turn. */
  private void ask(
      ModelSource source,
      Consumer<Map<DeviceKind, InstanceCosts>> then,
      Consumer<Failure> otherwise) {
    long question = ++lastQuestion;
    parts
        .costs
        .of(source)
        .onComplete(
            answer -> {
              String failure = answer.failed() ? answer.cause().getMessage() : null;
              Input input = new Input.Costs(question, answer.result(), failure);
              parts.owner.execute(
                  () ->
                      timers.take(
                          input,
                          () -> {
                            if (failure == null) {
                              then.accept(answer.result());
                            } else {
                              otherwise.accept(
                                  new Failure.Unavailable(failure, "model_loading", RETRY_MILLIS));
                            }
                          }));
            });
  }

  private void replace(ModelSource source, Map<DeviceKind, InstanceCosts> costs) {
    if (!models.knows(source)) {
      models.add(source, costs);
      // What was loaded from other files serves the requests that it has, then leaves.
      loops.forEach(loop -> loop.retire(source.model()));
    }
  }

  private void admit(LiveRequest request) {
    ModelId model = request.request().model();
    if (request.isCancelled()) {
      parts.recorder.failed(request.id(), new Failure.Cancelled("gone before it was admitted"));
      requests.cancelled(request);
      return;
    }
    Optional<Failure> cooling = models.refusal(model, timers.nowNanos());
    if (cooling.isPresent()) {
      fail(request, cooling.get());
      return;
    }
    int mostTokens = 0;
    for (DeviceParts device : parts.devices) {
      InstanceCosts costs = models.costs(model, device.spec().kind());
      mostTokens = Math.max(mostTokens, costs == null ? 0 : device.mostTokens(costs));
    }
    int prompt = request.sequence().promptLength();
    if (prompt >= mostTokens) {
      fail(request, tooLong(model, prompt, mostTokens));
      return;
    }
    Promises.Standing standing = view(model);
    if (request.submit().strict() && !promises.isBestEffort(model)) {
      Optional<Failure> late = Promises.objection(request.request(), standing);
      if (late.isPresent()) {
        fail(request, late.get());
        return;
      }
    }
    RequestLife life =
        new RequestLife(
            request.id(),
            model,
            prompt,
            promises.of(request.request(), request.submit().strict(), standing),
            request.request().arrivalNanos(),
            parts.deadlines);
    if (promises.isBestEffort(model)) {
      life.keep();
    }
    life.standing(new Standing(request.request().caller(), request.request().priority()));
    request.live(life, mostTokens);
    coordinator.arrive(life);
    if (!request.submit().waits() && life.state() == RequestState.QUEUED) {
      request.failure(overloaded("no_place_now"));
      coordinator.cancel(life);
    }
  }

  /** How a model stands, for what can be promised. */
  private Promises.Standing view(ModelId model) {
    boolean warm =
        loops.stream()
            .flatMap(loop -> loop.instances().stream())
            .anyMatch(instance -> instance.model().equals(model) && instance.isLoaded());
    List<InstanceCosts> costs = new ArrayList<>();
    for (DeviceLoop loop : loops) {
      InstanceCosts onDevice = models.costs(model, loop.spec().kind());
      costs.add(onDevice == null ? null : loop.correction().corrected(onDevice));
    }
    return new Promises.Standing(warm, costs);
  }

  private static Failure tooLong(ModelId model, int prompt, int mostTokens) {
    if (mostTokens <= 0) {
      return new Failure.Unavailable(
          "model " + model + " does not fit the memory that devices may use here",
          "model_too_large",
          60_000);
    }
    return new Failure.Invalid(
        "This model's maximum context length is "
            + mostTokens
            + " tokens in the memory that devices may use here; the prompt has "
            + prompt
            + " tokens.",
        null,
        "context_length_exceeded");
  }

  private void onCancel(Cancel cancel) {
    Optional<LiveRequest> found = requests.find(cancel.id());
    if (found.isEmpty() || found.get().isCancelled()) {
      return;
    }
    LiveRequest request = found.get();
    request.cancel(cancel.closedNanos());
    if (request.life() != null) {
      coordinator.cancel(request.life());
    }
  }

  private void revoke(LiveRequest request, Failure cause) {
    if (!request.isCancelled()) {
      request.failure(cause);
      request.cancel(timers.nowNanos());
      if (request.life() != null) {
        coordinator.cancel(request.life());
      }
    }
  }

  // What the scheduler says.

  @Override
  public void placed(RequestLife life, Instance instance) {
    life.keep();
    requests.placed(requests.of(life), !instance.isLoaded());
  }

  @Override
  public void stepStarted(Instance instance) {
    changeListener.run();
  }

  @Override
  public void stepEnded(Instance instance, long durationNanos) {
    profilings.forEach(IdleProfiling::worked);
    changeListener.run();
  }

  @Override
  public void cancelled(RequestLife life) {
    requests.cancelled(requests.of(life));
  }

  @Override
  public void refused(RequestLife life, String reason) {
    loops.forEach(DeviceLoop::doubtCosts);
    LiveRequest request = requests.of(life);
    fail(request, request.failure() == null ? overloaded(reason) : request.failure());
  }

  /** Both as upstream of the devices, before the queue knows, and as the queue's listener. */
  @Override
  public void finished(RequestLife life) {
    LiveRequest request = requests.of(life);
    if (request == null) {
      return;
    }
    if (request.failure() == null) {
      requests.finished(request);
    } else {
      fail(request, request.failure());
    }
    coordinator.finished(life);
  }

  @Override
  public void evicted(List<RequestLife> lives) {
    List<RequestLife> homeless = new ArrayList<>();
    for (RequestLife life : lives) {
      Optional<Failure> refusal = models.refusal(life.model(), timers.nowNanos());
      if (refusal.isPresent()) {
        life.become(RequestState.REFUSED);
        fail(requests.of(life), refusal.get());
      } else {
        homeless.add(life);
      }
    }
    if (!homeless.isEmpty()) {
      coordinator.evicted(homeless);
    }
  }

  @Override
  public void instanceCreated(Instance instance) {
    tellState(instance.model());
  }

  @Override
  public void instanceRemoved(Instance instance) {
    tellState(instance.model());
  }

  private void tellState(ModelId model) {
    String state = models.refusal(model, timers.nowNanos()).isPresent() ? "failed" : "cold";
    for (DeviceLoop loop : loops) {
      for (Instance instance : loop.instances()) {
        if (instance.model().equals(model) && !state.equals("loaded")) {
          state = instance.isLoaded() || instance.isPaused() ? "loaded" : "loading";
        }
      }
    }
    states.set(model, state);
    changeListener.run();
  }

  @Override
  public void memoryActed(Instance instance, MemoryAction action, long durationNanos) {
    if (action.kind() == MemoryAction.Kind.LOAD && !instance.isPaused()) {
      for (int i = 0; i < profilings.size(); i++) {
        if (loops.get(i).instances().contains(instance)) {
          profilings.get(i).loaded(instance);
        }
      }
    }
    tellState(instance.model());
    LOG.debug("{}: {} in {} us", instance, action, durationNanos / 1_000);
  }

  private Failure overloaded(String reason) {
    return new Failure.Overloaded(
        "No device can serve this in time: too much is asked for at once.",
        reason,
        inbox.maxWaiting(),
        Math.max(1_000, inbox.placeFreeMillis()),
        Math.max(1_000, inbox.allFreeMillis()));
  }

  private void fail(LiveRequest request, Failure failure) {
    parts.recorder.failed(request.id(), failure);
    log.failed(request.id(), request.request().model(), failure.reasonWord());
    requests.failed(request, failure);
  }
}
