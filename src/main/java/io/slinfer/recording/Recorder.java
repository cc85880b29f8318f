package io.slinfer.recording;

import io.slinfer.engine.EngineEvent;
import io.slinfer.engine.EngineEvent.SequenceOutput;
import io.slinfer.engine.LoadedModel;
import io.slinfer.engine.ModelSource;
import io.slinfer.engine.Sequence;
import io.slinfer.node.Command.Submit;
import io.slinfer.node.Input;
import io.slinfer.node.NodeRecorder;
import io.slinfer.request.Failure;
import io.slinfer.request.InferenceRequest;
import io.slinfer.request.RequestId;
import io.slinfer.request.RequestLife;
import io.slinfer.scheduler.Instance;
import io.slinfer.scheduler.LeaveReason;
import io.slinfer.scheduler.MemoryAction;
import io.slinfer.scheduler.StepBatch;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Turns what comes to a node and what it decides into lines of JSON. Requests, models' sources and
 * profiles are numbered; of tokens and callers' names only {@link PrefixHash} is kept.
 *
 * <p>Confined to the node's owner.
 */
final class Recorder implements NodeRecorder {

  /** A request that has not ended. */
  private record Track(int number, PrefixHash tokens, int[] endTokens) {}

  private final long startNanos;
  private final LineSink sink;
  private final long secret = new SecureRandom().nextLong();
  private final Map<RequestId, Track> requests = new HashMap<>();
  private final Map<ModelSource, Integer> sources = new HashMap<>();
  private final CostLines costs;
  private final StringBuilder line = new StringBuilder();
  private int lastRequest;

  Recorder(RecordedNode node, LineSink sink) {
    this.startNanos = node.startNanos();
    this.sink = sink;
    this.costs = new CostLines(sink);
    sink.note(node.json().toString());
  }

  // What comes in.

  @Override
  public void turn(long nowNanos, Input input) {
    switch (input) {
      case Input.Engine engine -> engine(nowNanos, engine);
      case Input.Timer timer -> sink.input(begin(nowNanos, "timer").number("n", timer.number()));
      case Input.Submitted submitted -> submitted(nowNanos, submitted.submit());
      case Input.Cancelled cancelled ->
          sink.input(
              begin(nowNanos, "cancel")
                  .number("n", number(cancelled.id()))
                  .flag("revoked", cancelled.cause() != null));
      case Input.Costs answer ->
          sink.input(costs.line(begin(nowNanos, "costs").number("q", answer.question()), answer));
      case Input.Learn learn -> source(nowNanos, "learn", learn.source());
      case Input.Load load -> source(nowNanos, "load", load.source());
      case Input.Warm warm ->
          sink.input(begin(nowNanos, "warm").text("model", warm.model().value()));
      case Input.Unload unload ->
          sink.input(
              begin(nowNanos, "unload")
                  .text("model", unload.model().value())
                  .flag("forced", unload.cause() != null));
      case Input.Pin pin ->
          sink.input(
              begin(nowNanos, "pin")
                  .text("model", pin.model().value())
                  .flag("pinned", pin.pinned()));
      case Input.Retire retire ->
          sink.input(
              begin(nowNanos, "retire")
                  .number("d", retire.device())
                  .number("n", retire.instance())
                  .text("model", retire.model().value()));
      case Input.Consolidate plan ->
          sink.input(
              begin(nowNanos, "consolidate")
                  .number("aim", plan.aim())
                  .number("share", plan.mostShare()));
    }
  }

  private void source(long nowNanos, String kind, ModelSource source) {
    int number = define(source);
    sink.input(begin(nowNanos, kind).number("src", number));
  }

  /** The number of a source; said once what it is. */
  private int define(ModelSource source) {
    Integer known = sources.get(source);
    if (known != null) {
      return known;
    }
    int number = sources.size() + 1;
    sources.put(source, number);
    sink.note(
        Line.def(line, "source")
            .number("n", number)
            .text("model", source.model().value())
            .number("context", source.maxContextTokens()));
    return number;
  }

  private void submitted(long nowNanos, Submit submit) {
    InferenceRequest request = submit.request();
    int source = define(submit.source());
    PrefixHash tokens = new PrefixHash(secret);
    List<Integer> blocks = new ArrayList<>();
    for (int token : request.promptTokens()) {
      if (tokens.add(token)) {
        blocks.add(tokens.number());
      }
    }
    int number = ++lastRequest;
    requests.put(
        request.id(),
        new Track(number, tokens, request.ignoreEos() ? new int[0] : submit.endTokens()));
    Line input =
        begin(nowNanos, "submit")
            .number("n", number)
            .text("id", request.id().value())
            .number("src", source)
            .number("prompt", request.promptTokens().length)
            .number("max", request.maxOutputTokens())
            .number("ttft", request.slo().timeToFirstTokenNanos())
            .number("tpot", request.slo().timePerOutputTokenNanos())
            .flag("strict", submit.strict())
            .flag("now", !submit.waits())
            .number("arrived", request.arrivalNanos() - startNanos)
            .number("caller", caller(request.caller()))
            .number("priority", request.priority());
    if (request.sampling().pooling() != null) {
      input.text("pool", request.sampling().pooling().name());
    }
    sink.input(input.numbers("blocks", blocks));
  }

  /** Equal for equal names, and for no others that matter. */
  private int caller(String name) {
    PrefixHash hash = new PrefixHash(secret);
    name.chars().forEach(hash::add);
    return name.isEmpty() ? 0 : hash.number();
  }

  private void engine(long nowNanos, Input.Engine input) {
    EngineEvent event = input.event();
    Line entry = begin(nowNanos, "engine").number("d", input.device()).number("k", event.ticket());
    switch (event) {
      case EngineEvent.Stepped stepped -> stepped(entry, stepped);
      case EngineEvent.Loaded loaded -> loaded(entry, loaded);
      case EngineEvent.Resized resized -> timed(entry, "resized", resized.durationNanos());
      case EngineEvent.Unloaded unloaded -> timed(entry, "unloaded", unloaded.durationNanos());
      case EngineEvent.Imported imported -> timed(entry, "imported", imported.durationNanos());
      case EngineEvent.Exported exported ->
          sink.input(
              entry
                  .text("e", "exported")
                  .number("ns", exported.durationNanos())
                  .number("tokens", exported.image().tokens()));
      case EngineEvent.Failed failed ->
          sink.input(entry.text("e", "failed").text("why", failed.failure().reasonWord()));
    }
  }

  private void timed(Line entry, String event, long nanos) {
    sink.input(entry.text("e", event).number("ns", nanos));
  }

  private void loaded(Line entry, EngineEvent.Loaded loaded) {
    LoadedModel model = loaded.model();
    sink.input(
        entry
            .text("e", "loaded")
            .number("ns", loaded.durationNanos())
            .number("weights", model.weightBytes())
            .number("block", model.kvBlockBytes())
            .number("per_slab", model.blocksPerSlab())
            .number("slabs", model.maxSlabs())
            .number("context", model.contextTokens())
            .number("vocabulary", model.vocabularySize())
            .number("short", model.shortTokens()));
  }

  /** One letter an output: t a token, e one that ends its answer, v an embedding, f a failure. */
  private void stepped(Line entry, EngineEvent.Stepped stepped) {
    entry.text("e", "stepped").number("ns", stepped.durationNanos());
    StringBuilder letters = new StringBuilder(stepped.outputs().size());
    List<Integer> blocks = new ArrayList<>();
    for (SequenceOutput output : stepped.outputs()) {
      letters.append(letter(output, blocks));
    }
    sink.input(entry.text("o", letters).numbers("blocks", blocks));
  }

  private char letter(SequenceOutput output, List<Integer> blocks) {
    if (output.draw() == null) {
      return 'f';
    }
    Sequence sequence = output.sequence();
    Track track = requests.get(sequence.id());
    if (track != null && track.tokens.add(output.token())) {
      blocks.add(track.tokens.number());
    }
    if (output.draw().embedding() != null) {
      return 'v';
    }
    for (int end : track == null ? new int[0] : track.endTokens) {
      if (end == output.token()) {
        return 'e';
      }
    }
    return 't';
  }

  // What is decided.

  @Override
  public void placed(RequestLife request, Instance instance) {
    sink.decision(decided("place", request.id()).text("i", instance.id().value()));
  }

  @Override
  public void stepStarted(Instance instance) {
    StepBatch batch = instance.batch();
    Line out = Line.out(line, "step").text("i", instance.id().value());
    out.open("b");
    for (int i = 0; i < batch.requests().size(); i++) {
      out.item(number(batch.requests().get(i).id())).item(batch.chunk(i));
    }
    sink.decision(out.close());
  }

  @Override
  public void memoryActed(Instance instance, MemoryAction action, long durationNanos) {
    sink.decision(
        Line.out(line, "memory")
            .text("i", instance.id().value())
            .text("k", action.kind().name())
            .number("v", action.version())
            .number("b", action.blocks()));
  }

  @Override
  public void instanceCreated(Instance instance) {
    sink.decision(Line.out(line, "create").text("i", instance.id().value()));
  }

  @Override
  public void leaving(Instance instance, LeaveReason reason) {
    sink.decision(
        Line.out(line, "leave").text("i", instance.id().value()).text("why", reason.name()));
  }

  @Override
  public void instanceRemoved(Instance instance) {
    sink.decision(Line.out(line, "remove").text("i", instance.id().value()));
  }

  @Override
  public void evicted(RequestLife request, Instance instance) {
    sink.decision(decided("evict", request.id()).text("i", instance.id().value()));
  }

  @Override
  public void recomputed(RequestLife request, Instance instance) {
    sink.decision(decided("recompute", request.id()).text("i", instance.id().value()));
  }

  @Override
  public void finished(RequestLife request) {
    sink.decision(decided("finish", request.id()).number("tokens", request.generatedTokens()));
    requests.remove(request.id());
  }

  @Override
  public void cancelled(RequestLife request) {
    sink.decision(decided("cancelled", request.id()));
    requests.remove(request.id());
  }

  @Override
  public void failed(RequestId request, Failure failure) {
    sink.decision(decided("refuse", request).text("why", failure.reasonWord()));
    requests.remove(request);
  }

  private Line decided(String what, RequestId request) {
    return Line.out(line, what).number("r", number(request));
  }

  /** 0 of one that has ended. */
  private int number(RequestId id) {
    Track track = requests.get(id);
    return track == null ? 0 : track.number;
  }

  private Line begin(long nowNanos, String kind) {
    return Line.in(line, nowNanos - startNanos, kind);
  }
}
