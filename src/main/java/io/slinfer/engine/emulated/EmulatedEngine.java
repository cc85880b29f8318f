package io.slinfer.engine.emulated;

import io.slinfer.cost.LatencyProfile;
import io.slinfer.engine.Engine;
import io.slinfer.engine.EngineDescription;
import io.slinfer.engine.EngineEvent;
import io.slinfer.engine.EngineEvent.SequenceOutput;
import io.slinfer.engine.EngineListener;
import io.slinfer.engine.KvImage;
import io.slinfer.engine.ModelSource;
import io.slinfer.engine.Sequence;
import io.slinfer.engine.SequenceChunk;
import io.slinfer.engine.StepPlan;
import io.slinfer.request.Failure;
import io.slinfer.request.InstanceId;
import io.slinfer.request.TokenDraw;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;

/**
 * An engine for planning, demonstrations and load tests: it keeps the port's promises about order,
 * memory and answers, costs the time of a profile, and makes tokens up. Loads share the host link;
 * steps and the KV work of instances share the device; the two overlap.
 *
 * <p>Confined to the owner: the clock brings every answer back there.
 */
public final class EmulatedEngine implements Engine {

  private final EmulatedDevice device;
  private final Function<ModelSource, EmulatedModel> models;
  private final EmulatedClock clock;
  private final EngineListener listener;
  private final Map<InstanceId, EmulatedInstance> instances = new HashMap<>();

  /** The ends of the commands that the device has been told, in order. */
  private final Queue<Runnable> queued = new ArrayDeque<>();

  /** When the device has done all it was told; commands queue behind it. */
  private long deviceFreeNanos;

  /** When the host link has carried all it was told. */
  private long linkFreeNanos;

  private long usedBytes;

  /** A command's effect and answer, when its time has passed. */
  @FunctionalInterface
  private interface Command {
    EngineEvent run(EmulatedInstance instance, long durationNanos);
  }

  /**
   * @param models what the device knows of a model
   * @param clock runs its tasks on the owner's thread; closed with the engine
   * @param listener gets events there
   */
  public EmulatedEngine(
      EmulatedDevice device,
      Function<ModelSource, EmulatedModel> models,
      EmulatedClock clock,
      EngineListener listener) {
    this.device = device;
    this.models = models;
    this.clock = clock;
    this.listener = listener;
    this.deviceFreeNanos = clock.nanoTime();
    this.linkFreeNanos = deviceFreeNanos;
  }

  @Override
  public EngineDescription description() {
    String pace = device.speed() == 1 ? "" : ", " + device.speed() + " times as fast";
    String detail =
        Double.isInfinite(device.speed())
            ? device.name() + ", without delay: tokens are made up"
            : device.name() + " by latency profile" + pace + ": tokens are made up";
    return new EngineDescription("emulated", detail, true);
  }

  /** Bytes of weights and KV that instances hold. */
  public long usedBytes() {
    return usedBytes;
  }

  @Override
  public void load(long ticket, InstanceId id, ModelSource source) {
    if (instances.containsKey(id)) {
      fail(ticket, id, new Failure.Internal("instance " + id + " exists already"));
      return;
    }
    EmulatedModel model = models.apply(source);
    long weightBytes = model.shape().weightBytes();
    if (usedBytes + weightBytes > device.capacityBytes()) {
      fail(ticket, id, outOfMemory("the weights of " + source.model(), weightBytes));
      return;
    }
    usedBytes += weightBytes;
    EmulatedInstance instance = new EmulatedInstance(model, source, device.capacityBytes());
    instances.put(id, instance);
    long now = clock.nanoTime();
    afterTransfer(weightBytes, () -> onLoaded(ticket, id, instance, now));
  }

  private void afterTransfer(long weightBytes, Runnable task) {
    long now = clock.nanoTime();
    linkFreeNanos =
        later(now, linkFreeNanos) + device.scaled(device.times().linkNanos(weightBytes));
    long ready = linkFreeNanos + device.scaled(device.times().loadFixedNanos());
    clock.after(ready - now, task);
  }

  private void onLoaded(long ticket, InstanceId id, EmulatedInstance instance, long sinceNanos) {
    tellLoaded(ticket, id, instance, sinceNanos);
    instance.loaded().forEach(Runnable::run);
  }

  private void tellLoaded(long ticket, InstanceId id, EmulatedInstance instance, long sinceNanos) {
    listener.onEvent(
        new EngineEvent.Loaded(ticket, id, instance.loadedModel(), elapsed(sinceNanos)));
  }

  @Override
  public void step(StepPlan plan) {
    run(
        plan.ticket(),
        plan.instance(),
        instance -> stepNanos(instance, plan.chunks()),
        (instance, nanos) ->
            new EngineEvent.Stepped(plan.ticket(), plan.instance(), drawn(instance, plan), nanos));
  }

  /** Prefill of the prompt chunks, then one decode iteration of the others, as the profile says. */
  private static long stepNanos(EmulatedInstance instance, List<SequenceChunk> chunks) {
    LatencyProfile latency = instance.model().latency();
    long prefillNanos = 0;
    long decodeTokens = 0;
    int decoding = 0;
    for (SequenceChunk chunk : chunks) {
      Sequence sequence = chunk.sequence();
      instance.check(chunk);
      if (chunk.tokens() == 1 && sequence.computed() > 0) {
        decoding++;
        decodeTokens += sequence.length();
      } else {
        int before = sequence.computed();
        prefillNanos +=
            latency.prefillNanos(before + chunk.tokens())
                - (before == 0 ? 0 : latency.prefillNanos(before));
      }
    }
    long decodeNanos =
        decoding == 0 ? 0 : latency.decodeNanos((double) decodeTokens / decoding, decoding);
    return Math.max(0, prefillNanos) + decodeNanos;
  }

  private static final Failure NO_EMBEDDINGS =
      new Failure.Invalid("an emulated model makes no embeddings", "model", "no_embeddings");

  private static List<SequenceOutput> drawn(EmulatedInstance instance, StepPlan plan) {
    List<SequenceOutput> outputs = new ArrayList<>(plan.chunks().size());
    for (SequenceChunk chunk : plan.chunks()) {
      if (chunk.yieldsToken()) {
        Sequence sequence = chunk.sequence();
        if (sequence.sampling().pooling() != null) {
          outputs.add(SequenceOutput.failed(sequence, NO_EMBEDDINGS));
          continue;
        }
        int token = MadeUpTokens.allowed(sequence, instance.model().words().after(sequence));
        outputs.add(
            SequenceOutput.of(
                sequence, new TokenDraw(token, 0, List.of()).after(madeUpScores(sequence))));
      }
    }
    return outputs;
  }

  /** Of the prompt's tokens from the second on, where they are asked for. */
  private static List<TokenDraw> madeUpScores(Sequence sequence) {
    return sequence.sampling().scoresPrompt() && sequence.generated() == 0
        ? IntStream.range(1, sequence.promptLength())
            .mapToObj(i -> new TokenDraw(sequence.token(i), 0, List.of()))
            .toList()
        : List.of();
  }

  @Override
  public void mapSlabs(long ticket, InstanceId id, int[] slabs) {
    EmulatedInstance known = instances.get(id);
    long bytes = known == null ? 0 : known.loadedModel().slabBytes() * slabs.length;
    if (known != null && usedBytes + bytes > device.capacityBytes()) {
      fail(ticket, id, outOfMemory(slabs.length + " slabs of " + id, bytes));
      return;
    }
    usedBytes += bytes;
    run(
        ticket,
        id,
        instance -> device.times().resizeNanos(instance.model().shape(), 0),
        (instance, nanos) -> {
          instance.map(slabs);
          return new EngineEvent.Resized(ticket, id, nanos);
        });
  }

  @Override
  public void unmapSlabs(long ticket, InstanceId id, int[] slabs) {
    run(
        ticket,
        id,
        instance -> device.times().resizeNanos(instance.model().shape(), 0),
        (instance, nanos) -> {
          instance.unmap(slabs);
          usedBytes -= instance.loadedModel().slabBytes() * slabs.length;
          return new EngineEvent.Resized(ticket, id, nanos);
        });
  }

  @Override
  public void exportKv(long ticket, InstanceId id, Sequence sequence) {
    int tokens = sequence.computed();
    run(
        ticket,
        id,
        instance -> device.times().linkNanos(instance.kvBytes(tokens)),
        (instance, nanos) ->
            new EngineEvent.Exported(
                ticket, id, new EmulatedKvImage(tokens, instance.kvBytes(tokens)), nanos));
  }

  @Override
  public void importKv(long ticket, InstanceId id, Sequence sequence, KvImage image) {
    if (!(image instanceof EmulatedKvImage)) {
      fail(ticket, id, new Failure.Internal("the image is not one of this kind of engine"));
      return;
    }
    run(
        ticket,
        id,
        instance -> device.times().linkNanos(image.bytes()),
        (instance, nanos) -> new EngineEvent.Imported(ticket, id, nanos));
  }

  @Override
  public void dropWeights(long ticket, InstanceId id) {
    run(
        ticket,
        id,
        instance -> device.times().unloadNanos(),
        (instance, nanos) -> {
          usedBytes -= instance.model().shape().weightBytes();
          instance.weightsDropped(true);
          return new EngineEvent.Unloaded(ticket, id, nanos);
        });
  }

  @Override
  public void readWeights(long ticket, InstanceId id) {
    EmulatedInstance instance = instances.get(id);
    long weightBytes = instance.model().shape().weightBytes();
    if (usedBytes + weightBytes > device.capacityBytes()) {
      fail(ticket, id, outOfMemory("the weights of " + id, weightBytes));
      return;
    }
    usedBytes += weightBytes;
    instance.weightsDropped(false);
    long now = clock.nanoTime();
    afterTransfer(weightBytes, () -> tellLoaded(ticket, id, instance, now));
  }

  @Override
  public void unload(long ticket, InstanceId id) {
    run(
        ticket,
        id,
        instance -> device.times().unloadNanos(),
        (instance, nanos) -> {
          usedBytes -= instance.heldBytes();
          return new EngineEvent.Unloaded(ticket, id, nanos);
        });
    instances.remove(id);
  }

  @Override
  public void close() {
    clock.close();
    queued.clear();
    instances.clear();
    usedBytes = 0;
  }

  /** Queues a command behind its instance's load and the device's work. */
  private void run(
      long ticket, InstanceId id, ToLongFunction<EmulatedInstance> cost, Command command) {
    EmulatedInstance instance = instances.get(id);
    if (instance == null) {
      fail(ticket, id, new Failure.Internal("instance " + id + " is not loaded"));
      return;
    }
    instance.whenLoaded(() -> queue(ticket, id, instance, cost, command));
  }

  private void queue(
      long ticket,
      InstanceId id,
      EmulatedInstance instance,
      ToLongFunction<EmulatedInstance> cost,
      Command command) {
    long now = clock.nanoTime();
    deviceFreeNanos = later(now, deviceFreeNanos);
    try {
      deviceFreeNanos += device.scaled(cost.applyAsLong(instance));
      queued.add(() -> report(ticket, id, () -> command.run(instance, elapsed(now))));
    } catch (IllegalStateException outsideMemory) {
      queued.add(
          () ->
              report(
                  ticket,
                  id,
                  () -> {
                    throw outsideMemory;
                  }));
    }
    // The clock may swap tasks that are due at the same time; the queue keeps their order.
    clock.after(deviceFreeNanos - now, this::endNext);
  }

  private void endNext() {
    Runnable end = queued.poll();
    if (end != null) {
      end.run();
    }
  }

  private void report(long ticket, InstanceId id, Supplier<EngineEvent> end) {
    EngineEvent event;
    try {
      event = end.get();
    } catch (IllegalStateException outsideMemory) {
      event = new EngineEvent.Failed(ticket, id, new Failure.Internal(outsideMemory.getMessage()));
    }
    listener.onEvent(event);
  }

  private void fail(long ticket, InstanceId id, Failure failure) {
    clock.after(0, () -> listener.onEvent(new EngineEvent.Failed(ticket, id, failure)));
  }

  private Failure outOfMemory(String what, long bytes) {
    return new Failure.Unavailable(
        "no memory for %s (%d MiB) on an emulated device of %d MiB with %d MiB in use"
            .formatted(what, bytes >> 20, device.capacityBytes() >> 20, usedBytes >> 20),
        "out_of_memory",
        0);
  }

  private long elapsed(long sinceNanos) {
    return clock.nanoTime() - sinceNanos;
  }

  private static long later(long aNanos, long bNanos) {
    return aNanos - bNanos > 0 ? aNanos : bNanos;
  }
}
