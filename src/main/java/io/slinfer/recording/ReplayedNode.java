package io.slinfer.recording;

import static io.slinfer.kvcache.BlockTable.TOKENS_PER_BLOCK;

import com.fasterxml.jackson.databind.JsonNode;
import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.cost.LatencyProfile;
import io.slinfer.engine.ModelSource;
import io.slinfer.metrics.ServingMeters;
import io.slinfer.node.Command.Cancel;
import io.slinfer.node.Command.Revoke;
import io.slinfer.node.Command.Submit;
import io.slinfer.node.NodeCore;
import io.slinfer.node.NodeRecorder;
import io.slinfer.node.Promises;
import io.slinfer.packing.Consolidation;
import io.slinfer.placement.ExclusivePlacement;
import io.slinfer.request.Failure;
import io.slinfer.request.InferenceRequest;
import io.slinfer.request.ModelId;
import io.slinfer.request.Pooling;
import io.slinfer.request.RequestId;
import io.slinfer.request.Sampling;
import io.slinfer.request.Slo;
import io.slinfer.scheduler.ServingPolicy;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A node, made as a recording says, that takes the recording's inputs at the times they had. */
final class ReplayedNode implements AutoCloseable {

  private static final int[] END_TOKENS = {RecordedEngine.END};
  private static final Failure REVOKED = new Failure.Cancelled("recorded");

  private final ReplayClock clock = new ReplayClock();
  private final ServingMeters meters = new ServingMeters(false);
  private final List<RecordedEngine> engines = new ArrayList<>();
  private final Map<Long, Promise<Map<DeviceKind, InstanceCosts>>> questions = new HashMap<>();
  private final Map<Integer, LatencyProfile> profiles = new HashMap<>();
  private final Map<Integer, ModelSource> sources = new HashMap<>();
  private final Map<Integer, RequestId> requests = new HashMap<>();
  private final long startNanos;
  private final NodeCore core;
  private long lastQuestion;

  ReplayedNode(RecordedNode node, NodeRecorder recorder) {
    startNanos = node.startNanos();
    clock.set(startNanos);
    ServingPolicy policy = node.policy();
    core =
        new NodeCore(
            new NodeCore.Parts(
                node.devices(),
                this::costs,
                node.exclusive() ? new ExclusivePlacement(true, 1) : policy.placement(),
                policy.deadlines(),
                new Promises(
                    node.coldStartNanos(), model -> node.bestEffort().contains(model.value())),
                clock,
                clock,
                node.maxWaiting(),
                meters,
                recorder));
    for (int i = 0; i < node.devices().size(); i++) {
      RecordedEngine engine = new RecordedEngine();
      engines.add(engine);
      core.driver(i).engine(engine);
    }
  }

  private Future<Map<DeviceKind, InstanceCosts>> costs(ModelSource source) {
    Promise<Map<DeviceKind, InstanceCosts>> answer = Promise.promise();
    questions.put(++lastQuestion, answer);
    return answer.future();
  }

  /** Takes note of what later inputs refer to. */
  void define(JsonNode line) {
    int number = line.path("n").intValue();
    if (line.path("def").asText().equals("profile")) {
      profiles.put(number, CostLines.profile(line));
    } else {
      ModelId model = model(line);
      sources.put(
          number, new ModelSource(model, List.of(), line.path("context").intValue(), number));
    }
  }

  /** Takes an input. */
  void take(JsonNode line) {
    clock.set(startNanos + line.path("t").longValue());
    switch (line.path("in").asText()) {
      case "submit" -> submit(line);
      case "cancel" -> cancel(line);
      case "engine" -> {
        int device = line.path("d").intValue();
        core.driver(device).onEvent(engines.get(device).event(line));
      }
      case "timer" -> clock.fire(line.path("n").longValue());
      case "costs" -> answer(line);
      case "learn" -> core.learn(source(line), () -> {});
      case "load" -> core.load(source(line), refusal -> {});
      case "warm" -> core.warm(model(line));
      case "unload" -> core.unload(model(line), line.path("forced").asBoolean() ? REVOKED : null);
      case "pin" -> core.pin(model(line), line.path("pinned").asBoolean());
      case "retire" ->
          core.retire(line.path("d").intValue(), line.path("n").intValue(), model(line));
      case "consolidate" ->
          core.consolidate(
              new Consolidation(line.path("aim").doubleValue(), line.path("share").doubleValue()));
      default -> throw new BadRecordingException("unknown input: " + line.path("in"));
    }
  }

  private static ModelId model(JsonNode line) {
    return new ModelId(line.path("model").asText());
  }

  private ModelSource source(JsonNode line) {
    ModelSource source = sources.get(line.path("src").intValue());
    if (source == null) {
      throw new BadRecordingException("no model has the number " + line.path("src"));
    }
    return source;
  }

  private void submit(JsonNode line) {
    RequestId id = new RequestId(line.path("id").asText());
    requests.put(line.path("n").intValue(), id);
    ModelSource source = source(line);
    String pool = line.path("pool").asText("");
    InferenceRequest request =
        new InferenceRequest(
            id,
            source.model(),
            prompt(line.path("prompt").intValue(), line.path("blocks")),
            line.path("max").intValue(),
            pool.isEmpty() ? Sampling.GREEDY : Sampling.pooled(Pooling.valueOf(pool)),
            false,
            new Slo(line.path("ttft").longValue(), line.path("tpot").longValue()),
            startNanos + line.path("arrived").longValue(),
            line.path("caller").asText("0").equals("0") ? "" : line.path("caller").asText(),
            line.path("priority").intValue());
    Submit submit =
        new Submit(
            request,
            source,
            END_TOKENS,
            line.path("strict").asBoolean(),
            !line.path("now").asBoolean(),
            events -> {});
    if (!core.inbox().submit(submit)) {
      throw new BadRecordingException("a request came, but too many wait already");
    }
  }

  private static int[] prompt(int length, JsonNode blocks) {
    int[] tokens = new int[length];
    for (int i = 0; i < blocks.size() && (i + 1) * TOKENS_PER_BLOCK <= length; i++) {
      tokens[(i + 1) * TOKENS_PER_BLOCK - 1] = blocks.get(i).intValue();
    }
    return tokens;
  }

  private void cancel(JsonNode line) {
    RequestId id = requests.getOrDefault(line.path("n").intValue(), new RequestId("unknown"));
    if (line.path("revoked").asBoolean()) {
      core.inbox().revoke(new Revoke(id, REVOKED));
    } else {
      core.inbox().cancel(new Cancel(id, clock.nowNanos()));
    }
  }

  private void answer(JsonNode line) {
    Promise<Map<DeviceKind, InstanceCosts>> question = questions.remove(line.path("q").longValue());
    if (question == null) {
      throw new BadRecordingException("a model's costs came, but the node has not asked");
    }
    if (line.has("failure")) {
      question.fail(line.path("failure").asText());
    } else {
      question.complete(CostLines.costs(line.path("costs"), profiles));
    }
  }

  @Override
  public void close() {
    meters.close();
  }
}
