package io.slinfer.node;

import io.slinfer.engine.Engine;
import io.slinfer.engine.EngineEvent;
import io.slinfer.engine.EngineEvent.SequenceOutput;
import io.slinfer.engine.EngineListener;
import io.slinfer.engine.ModelSource;
import io.slinfer.engine.Sequence;
import io.slinfer.engine.SequenceChunk;
import io.slinfer.engine.StepPlan;
import io.slinfer.metrics.ServingMeters;
import io.slinfer.node.DeviceCommand.Cancel;
import io.slinfer.node.DeviceCommand.Submit;
import io.slinfer.node.DeviceRequest.State;
import io.slinfer.node.TokenEvent.Accepted;
import io.slinfer.node.TokenEvent.Failed;
import io.slinfer.node.TokenEvent.Finished;
import io.slinfer.node.TokenEvent.Started;
import io.slinfer.node.TokenEvent.Token;
import io.slinfer.request.DeviceId;
import io.slinfer.request.Failure;
import io.slinfer.request.FinishReason;
import io.slinfer.request.InstanceId;
import io.slinfer.request.ModelId;
import io.slinfer.request.RequestId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The step loop of one device: drain the inbox, choose and start the next step, publish what the
 * last one gave. A model is loaded on its first request, once, and stays. Every request ends in
 * exactly one terminal event.
 *
 * <p>Confined to the device's owner; {@link #doWork} and the engine's events are its only entries.
 */
public final class DeviceLoop implements EngineListener, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(DeviceLoop.class);
  private static final int COMMANDS_PER_TURN = 256;
  private static final long RETRY_MILLIS = 5_000;

  private final DeviceId device;
  private final Engine engine;
  private final DeviceInbox inbox;
  private final StepPolicy policy;
  private final LongSupplier nanoClock;
  private final ServingMeters meters;
  private final Map<ModelSource, Instance> instances = new LinkedHashMap<>();
  private final Map<RequestId, DeviceRequest> requests = new HashMap<>();
  private final TokenEvents events = new TokenEvents();
  private final KvMemory memory;
  private final StepComposer composer;
  private StepComposer.Step running;
  private long runningTicket;
  private long lastTicket;
  private long requestCount;
  private long loadCount;

  /** What a loop works with. */
  public record Parts(
      DeviceId device,
      Engine engine,
      DeviceInbox inbox,
      StepPolicy policy,
      DeviceLimits limits,
      LongSupplier nanoClock,
      ServingMeters meters) {}

  DeviceLoop(Parts parts) {
    this.device = parts.device;
    this.engine = parts.engine;
    this.inbox = parts.inbox;
    this.policy = parts.policy;
    this.nanoClock = parts.nanoClock;
    this.meters = parts.meters;
    Collection<Instance> all = instances.values();
    this.memory =
        new KvMemory(engine, new KvBudget(parts.limits.kvBytes()), all, () -> ++lastTicket);
    this.composer = new StepComposer(memory, all, parts.limits.maxBatch());
  }

  /** One turn: commands, then a step if none runs, then the events. */
  void doWork() {
    inbox.drain(COMMANDS_PER_TURN, this::onCommand);
    if (running == null) {
      unloadSuperseded();
      startStep();
    }
    events.flush();
  }

  /** Requests that have not ended. */
  int liveRequests() {
    return requests.size();
  }

  /** KV blocks that requests use, of all models. */
  int usedBlocks() {
    return instances.values().stream()
        .filter(Instance::isLoaded)
        .mapToInt(instance -> instance.pool().usedBlocks())
        .sum();
  }

  /** How each instance stands. */
  List<InstanceStatus> instances() {
    return instances.values().stream().map(Instance::status).toList();
  }

  // Commands.

  private void onCommand(DeviceCommand command) {
    switch (command) {
      case Submit submit -> onSubmit(submit);
      case Cancel cancel -> onCancel(cancel);
    }
  }

  private void onSubmit(Submit submit) {
    DeviceRequest request = new DeviceRequest(submit, ++requestCount);
    requests.put(request.id(), request);
    Instance instance = instances.get(submit.source());
    if (instance == null) {
      instance = load(submit.source());
    }
    instance.add(request);
    if (!instance.isLoaded() || fits(instance, request)) {
      events.add(request.outlet(), new Accepted(request.id(), !instance.isLoaded()));
    }
    instance.report();
  }

  private Instance load(ModelSource source) {
    ModelId model = source.model();
    for (Instance other : instances.values()) {
      if (other.model().equals(model)) {
        other.supersede();
      }
    }
    Instance instance =
        new Instance(
            new InstanceId(device + "/" + model + "#" + ++loadCount), source, meters.of(model));
    instances.put(source, instance);
    LOG.info("loading {} on {}", model, device);
    engine.load(++lastTicket, instance.id(), source);
    return instance;
  }

  /** Unloads what was replaced on disk and has no requests left. */
  private void unloadSuperseded() {
    for (Instance instance : List.copyOf(instances.values())) {
      boolean idle = instance.isLoaded() && instance.requests().isEmpty();
      if (instance.superseded() && idle && memory.drop(instance)) {
        LOG.info("unloading {}: its file was replaced", instance.id());
        instances.remove(instance.source());
        engine.unload(++lastTicket, instance.id());
      }
    }
  }

  /** Ends a request that the instance can never hold. */
  private boolean fits(Instance instance, DeviceRequest request) {
    int capacity = memory.capacityTokens(instance);
    int prompt = request.sequence().promptLength();
    if (prompt <= capacity) {
      return true;
    }
    fail(
        instance,
        request,
        new Failure.Invalid(
            "This model's maximum context length is "
                + capacity
                + " tokens on "
                + device
                + "; the prompt has "
                + prompt
                + " tokens.",
            null,
            "context_length_exceeded"));
    return false;
  }

  private void onCancel(Cancel cancel) {
    DeviceRequest request = requests.get(cancel.id());
    if (request == null || request.cancelled()) {
      return;
    }
    request.cancel(cancel.closedNanos());
    if (running == null || !running.requests().contains(request)) {
      finish(instances.get(request.source()), request, FinishReason.CANCELLED);
    }
  }

  // Steps.

  private void startStep() {
    long now = nanoClock.getAsLong();
    Map<InstanceId, Instance> candidates = new LinkedHashMap<>();
    for (Instance instance : instances.values()) {
      if (instance.isLoaded() && !instance.requests().isEmpty()) {
        candidates.put(instance.id(), instance);
      }
    }
    while (running == null && !candidates.isEmpty()) {
      List<StepPolicy.Load> loads = candidates.values().stream().map(Instance::load).toList();
      StepPolicy.Choice choice = policy.choose(loads, now);
      StepComposer.Step step =
          composer.compose(candidates.remove(choice.instance()), choice.prefillTokens());
      if (!step.chunks().isEmpty()) {
        start(step, now);
      }
    }
  }

  private void start(StepComposer.Step step, long now) {
    running = step;
    runningTicket = ++lastTicket;
    Instance instance = step.instance();
    for (DeviceRequest request : step.requests()) {
      if (!request.started()) {
        Sequence sequence = request.sequence();
        request.start(sequence.computed(), now);
        inbox.waitsNoMore();
        events.add(request.outlet(), new Started(request.id(), sequence.computed()));
        instance
            .meters()
            .started(
                now - request.request().arrivalNanos(),
                sequence.promptLength(),
                sequence.computed());
      }
    }
    instance.report();
    engine.step(new StepPlan(runningTicket, instance.id(), List.copyOf(step.chunks())));
  }

  @Override
  public void onEvent(EngineEvent event) {
    switch (event) {
      case EngineEvent.Loaded loaded -> onLoaded(loaded);
      case EngineEvent.Stepped stepped -> onStepped(stepped);
      case EngineEvent.Resized resized -> memory.resized(resized.ticket());
      case EngineEvent.Failed failed -> onFailed(failed);
      case EngineEvent.Exported exported -> exported.image().close();
      case EngineEvent.Imported imported -> LOG.debug("{}", imported);
      case EngineEvent.Unloaded unloaded -> LOG.debug("{}", unloaded);
    }
    doWork();
  }

  private void onStepped(EngineEvent.Stepped stepped) {
    assert running != null && stepped.ticket() == runningTicket : stepped;
    StepComposer.Step step = running;
    running = null;
    Instance instance = step.instance();
    instance.meters().stepped(step.tokens(), stepped.outputs().size());
    int output = 0;
    for (int i = 0; i < step.requests().size(); i++) {
      DeviceRequest request = step.requests().get(i);
      SequenceChunk chunk = step.chunks().get(i);
      Sequence sequence = request.sequence();
      boolean yields = chunk.yieldsToken();
      SequenceOutput drawn = yields ? stepped.outputs().get(output++) : null;
      sequence.computed(sequence.computed() + chunk.tokens());
      boolean broken = drawn != null && drawn.failure() != null;
      if (broken) {
        instance.pool().forget(sequence.blocks());
      } else {
        instance.pool().index(sequence.blocks(), sequence::token, sequence.computed());
      }
      if (request.cancelled()) {
        finish(instance, request, FinishReason.CANCELLED);
      } else if (broken) {
        fail(instance, request, drawn.failure());
      } else if (drawn != null) {
        onToken(instance, request, drawn);
      }
    }
    instance.report();
  }

  private void onToken(Instance instance, DeviceRequest request, SequenceOutput drawn) {
    Sequence sequence = request.sequence();
    assert drawn.sequence() == sequence : "outputs out of order";
    sequence.append(drawn.token());
    int index = sequence.generated() - 1;
    if (index == 0) {
      request.firstToken(nanoClock.getAsLong());
      instance.meters().prefilled(request.firstTokenNanos() - request.startedNanos());
    }
    if (request.endsWith(drawn.token())) {
      finish(instance, request, FinishReason.STOP);
      return;
    }
    events.add(request.outlet(), new Token(request.id(), index, drawn.draw()));
    if (sequence.generated() == request.request().maxOutputTokens()
        || sequence.length() > memory.capacityTokens(instance)) {
      finish(instance, request, FinishReason.LENGTH);
    }
  }

  // Loads and failures.

  private void onLoaded(EngineEvent.Loaded loaded) {
    Instance instance = instanceOf(loaded.instance());
    instance.loaded(loaded.model());
    instance.meters().loaded(loaded.durationNanos());
    LOG.info(
        "loaded {} in {} ms: weights {} MiB, KV {} KiB a block",
        instance.model(),
        loaded.durationNanos() / 1_000_000,
        loaded.model().weightBytes() >> 20,
        loaded.model().kvBlockBytes() >> 10);
    for (DeviceRequest request : List.copyOf(instance.requests())) {
      fits(instance, request);
    }
  }

  private void onFailed(EngineEvent.Failed failed) {
    LOG.warn("{}: {}", failed.instance(), failed.failure().message());
    if (memory.refused(failed.ticket())) {
      for (Instance instance : instances.values()) {
        if (instance.isLoaded()) {
          failWhatNoLongerFits(instance);
        }
      }
      return;
    }
    if (running != null && failed.ticket() == runningTicket) {
      StepComposer.Step step = running;
      running = null;
      for (DeviceRequest request : step.requests()) {
        fail(step.instance(), request, failed.failure());
      }
      step.instance().report();
      return;
    }
    Instance instance = instanceOf(failed.instance());
    if (instance != null && !instance.isLoaded()) {
      instances.remove(instance.source());
      failAll(instance, loadFailure(instance, failed.failure()));
    }
  }

  private void failWhatNoLongerFits(Instance instance) {
    int capacity = memory.capacityTokens(instance);
    for (DeviceRequest request : List.copyOf(instance.requests())) {
      if (request.sequence().length() > capacity) {
        fail(
            instance,
            request,
            new Failure.Unavailable(
                "no memory for the keys and values of this request on " + device,
                "overloaded",
                RETRY_MILLIS));
      }
    }
    instance.report();
  }

  private static Failure loadFailure(Instance instance, Failure cause) {
    return switch (cause) {
      case Failure.Unavailable unavailable -> unavailable;
      case Failure.Overloaded overloaded -> overloaded;
      case Failure.Invalid _, Failure.NotFound _, Failure.Cancelled _, Failure.Internal _ ->
          new Failure.Unavailable(
              "model " + instance.model() + " cannot be loaded: " + cause.message(),
              "model_loading",
              RETRY_MILLIS);
    };
  }

  private Instance instanceOf(InstanceId id) {
    for (Instance instance : instances.values()) {
      if (instance.id().equals(id)) {
        return instance;
      }
    }
    return null;
  }

  // Ends.

  private void finish(Instance instance, DeviceRequest request, FinishReason reason) {
    TokenEvent.Usage usage = request.usage();
    end(instance, request);
    if (reason == FinishReason.CANCELLED) {
      instance.meters().freedAfterDisconnect(nanoClock.getAsLong() - request.closedNanos());
    } else {
      instance.meters().decoded(nanoClock.getAsLong() - request.firstTokenNanos());
    }
    events.add(request.outlet(), new Finished(request.id(), reason, usage));
  }

  private void fail(Instance instance, DeviceRequest request, Failure failure) {
    end(instance, request);
    events.add(request.outlet(), new Failed(request.id(), failure));
  }

  private void end(Instance instance, DeviceRequest request) {
    if (!request.started()) {
      inbox.waitsNoMore();
    }
    if (instance.isLoaded()) {
      memory.release(instance, request);
    }
    memory.forget(request);
    request.state(State.ENDED);
    instance.remove(request);
    requests.remove(request.id());
    instance.report();
  }

  private void failAll(Instance instance, Failure failure) {
    for (DeviceRequest request : new ArrayList<>(instance.requests())) {
      fail(instance, request, failure);
    }
  }

  /** Fails what has not ended; the engine is its owner's to close. */
  @Override
  public void close() {
    inbox.drain(
        Integer.MAX_VALUE,
        command -> {
          if (command instanceof Submit submit) {
            inbox.waitsNoMore();
            events.add(submit.outlet(), new Failed(submit.request().id(), stopping()));
          }
        });
    instances.values().forEach(instance -> failAll(instance, stopping()));
    events.flush();
  }

  private static Failure stopping() {
    return new Failure.Unavailable("the server is stopping", "overloaded", RETRY_MILLIS);
  }
}
