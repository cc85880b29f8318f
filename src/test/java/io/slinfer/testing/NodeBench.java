package io.slinfer.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.cli.NodeDevices;
import io.slinfer.config.Settings;
import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.MemoryTimes;
import io.slinfer.engine.LoadedModel;
import io.slinfer.engine.ModelSource;
import io.slinfer.engine.SequenceChunk;
import io.slinfer.engine.StepPlan;
import io.slinfer.load.MetricsText;
import io.slinfer.metrics.ServingMeters;
import io.slinfer.node.Command.Cancel;
import io.slinfer.node.Command.Submit;
import io.slinfer.node.DeviceParts;
import io.slinfer.node.NodeCore;
import io.slinfer.node.NodeRecorder;
import io.slinfer.node.Promises;
import io.slinfer.node.TokenEvent;
import io.slinfer.request.InferenceRequest;
import io.slinfer.request.ModelId;
import io.slinfer.request.RequestId;
import io.slinfer.request.Sampling;
import io.slinfer.request.Slo;
import io.slinfer.scheduler.DeviceAudit;
import io.slinfer.scheduler.DeviceLoop;
import io.slinfer.scheduler.ServingPolicy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** A node with one device, a scripted engine and virtual time; its books are checked all along. */
public final class NodeBench implements AutoCloseable {

  /** Room for sequences of 40,000 tokens. */
  public static final LoadedModel ROOMY =
      new LoadedModel(1 << 20, 1 << 10, 1, 1 << 16, 40_000, 258);

  private static final MemoryTimes TIMES = new MemoryTimes(0, 10, 0, 10, 0, 0, 0);

  private final FakeOwner owner = new FakeOwner(this::check);
  private final Map<String, List<TokenEvent>> told = new HashMap<>();
  private final Map<String, List<Long>> times = new HashMap<>();
  private final Map<String, Ask> asks = new HashMap<>();
  private final Map<String, Long> asked = new HashMap<>();
  private final ServingMeters meters = new ServingMeters(false);
  private final FakeCosts costs;
  private final NodeCore core;
  private long revision;
  private final ScriptedEngine engine;

  /**
   * A request.
   *
   * @param topic prompts of one topic begin alike
   * @param slo null for the usual one
   */
  public record Ask(
      String id,
      String model,
      int prompt,
      int maxTokens,
      int topic,
      Slo slo,
      String caller,
      int priority) {

    public static Ask of(String id, String model, int prompt, int maxTokens) {
      return new Ask(id, model, prompt, maxTokens, 0, null, "", 0);
    }

    public Ask about(int newTopic) {
      return new Ask(id, model, prompt, maxTokens, newTopic, slo, caller, priority);
    }

    public Ask within(Slo promise) {
      return new Ask(id, model, prompt, maxTokens, topic, promise, caller, priority);
    }

    public Ask from(String who, int importance) {
      return new Ask(id, model, prompt, maxTokens, topic, slo, who, importance);
    }
  }

  public NodeBench(ScriptedEngine.Script script, long memoryBytes) {
    this(script, memoryBytes, "", "");
  }

  public NodeBench(ScriptedEngine.Script script, long memoryBytes, String device) {
    this(script, memoryBytes, device, "");
  }

  /**
   * @param device further settings of the device, as YAML
   * @param serving settings of serving, as YAML
   */
  public NodeBench(ScriptedEngine.Script script, long memoryBytes, String device, String serving) {
    this(script, memoryBytes, device, serving, 1);
  }

  /**
   * A device whose steps take so many times the usual, and predictions have the margin that the
   * paper gives to CPUs.
   */
  public static NodeBench priced(
      LoadedModel model, long memoryBytes, double slowness, String serving) {
    ScriptedEngine.Script script =
        ScriptedEngine.Script.of(model, Scripts.alphabet())
            .taking(plan -> Math.round(slowness * price(plan) / Scripts.MARGIN), 0);
    return new NodeBench(script, memoryBytes, "", serving, slowness);
  }

  private NodeBench(
      ScriptedEngine.Script script,
      long memoryBytes,
      String device,
      String serving,
      double slowness) {
    Settings settings =
        SettingsText.parse("devices: {cpu: {" + device + "}}\nserving: {" + serving + "}");
    costs = new FakeCosts(Scripts.costs(script.model(), slowness));
    ServingPolicy policy = NodeDevices.policy(settings, settings.device(), TIMES);
    DeviceParts parts =
        NodeDevices.parts(
            settings.device(),
            DeviceKind.CPU,
            memoryBytes,
            policy,
            (listener, executor) -> {
              throw new AssertionError("the bench makes the engine");
            });
    core =
        new NodeCore(
            new NodeCore.Parts(
                List.of(parts),
                costs,
                policy.placement(),
                policy.deadlines(),
                new Promises(
                    settings.serving().coldStartMillis() * 1_000_000,
                    model -> settings.serving().bestEffort().contains(model.value())),
                owner,
                owner,
                settings.device().maxWaiting(),
                meters,
                NodeRecorder.NONE));
    engine = new ScriptedEngine(script, core.driver(0)::onEvent, owner, owner::after);
    core.driver(0).engine(engine);
  }

  /** What the costs of {@link Scripts#costs} say of a step. */
  private static long price(StepPlan plan) {
    long nanos = 0;
    int decoding = 0;
    for (SequenceChunk chunk : plan.chunks()) {
      boolean decodes = chunk.tokens() == 1 && chunk.sequence().computed() > 0;
      decoding += decodes ? 1 : 0;
      nanos += decodes ? 0 : chunk.tokens() * 10_000L;
    }
    return nanos + (decoding == 0 ? 0 : Math.round(1e5 + 1e5 * (decoding - 1) / 63));
  }

  /** What models cost, and what is measured of them. */
  public FakeCosts costs() {
    return costs;
  }

  public ScriptedEngine engine() {
    return engine;
  }

  /** How a model stands, in one word. */
  public String state(String model) {
    return core.states().of(new ModelId(model));
  }

  public DeviceLoop loop() {
    return core.loops().getFirst();
  }

  /** False if the inbox is full. */
  public boolean submit(Ask ask) {
    return submit(ask, true);
  }

  /**
   * The same.
   *
   * @param waits whether it waits for a place if there is none now
   */
  public boolean submit(Ask ask, boolean waits) {
    InferenceRequest request =
        new InferenceRequest(
            new RequestId(ask.id()),
            new ModelId(ask.model()),
            IntStream.range(0, ask.prompt()).map(i -> (i + ask.topic()) % 250).toArray(),
            ask.maxTokens(),
            Sampling.GREEDY,
            false,
            ask.slo() == null ? Slo.forPromptTokens(ask.prompt()) : ask.slo(),
            owner.nowNanos(),
            ask.caller(),
            ask.priority());
    asks.put(ask.id(), ask);
    asked.put(ask.id(), owner.nowNanos());
    ModelSource source = new ModelSource(new ModelId(ask.model()), List.of(), 0, revision);
    return core.inbox()
        .submit(
            new Submit(
                request,
                source,
                new int[] {ByteTokenizer.END},
                ask.slo() != null,
                waits,
                this::tell));
  }

  /** From now on the models' files are others. */
  public void replaceModels() {
    revision++;
  }

  /** Wants a model loaded ahead of its first request. */
  public void warm(String model) {
    ModelSource source = new ModelSource(new ModelId(model), List.of(), 0, revision);
    core.learn(source, () -> core.warm(source.model()));
  }

  public void cancel(String id) {
    core.inbox().cancel(new Cancel(new RequestId(id), owner.nowNanos()));
  }

  /** What the meters say. */
  public MetricsText metrics() {
    return MetricsText.parse(meters.text());
  }

  /** Lets time pass. */
  public void run(long nanos) {
    owner.run(nanos);
  }

  public List<TokenEvent> told(String id) {
    return told.getOrDefault(id, List.of());
  }

  public TokenEvent.Finished finish(String id) {
    return (TokenEvent.Finished) told(id).getLast();
  }

  /** Requests that were served to their end. */
  public long finished() {
    return told.values().stream()
        .filter(events -> events.getLast() instanceof TokenEvent.Finished)
        .count();
  }

  /** When each token of a request came. */
  public long[] tokenTimes(String id) {
    List<Long> all = new ArrayList<>();
    for (int i = 0; i < told(id).size(); i++) {
      if (told(id).get(i) instanceof TokenEvent.Token) {
        all.add(times.get(id).get(i));
      }
    }
    return all.stream().mapToLong(Long::longValue).toArray();
  }

  /** How long after its arrival a request ended. */
  public long endedAfter(String id) {
    return times.get(id).getLast() - asked.get(id);
  }

  /** How long after its arrival a request's first token came. */
  public long firstAfter(String id) {
    return tokenTimes(id)[0] - asked.get(id);
  }

  /** Whether a request's first token came in time, and the others on the mean. */
  public boolean meetsSlo(String id) {
    long[] tokens = tokenTimes(id);
    Slo slo = Slo.forPromptTokens(asks.get(id).prompt());
    int later = tokens.length - 1;
    return tokens[0] - asked.get(id) <= slo.timeToFirstTokenNanos()
        && tokens[later] - tokens[0] <= later * slo.timePerOutputTokenNanos();
  }

  /** Steps that included a request. */
  public long stepsOf(String id) {
    return engine.steps().stream()
        .filter(plan -> plan.chunks().stream().anyMatch(c -> c.sequence().id().value().equals(id)))
        .count();
  }

  public void assertIdle() {
    assertEquals(0, core.liveRequests());
    assertEquals(0, core.usedBlocks());
    assertEquals(0, core.inbox().waiting());
  }

  private void tell(List<TokenEvent> events) {
    for (TokenEvent event : events) {
      told.computeIfAbsent(event.id().value(), id -> new ArrayList<>()).add(event);
      times.computeIfAbsent(event.id().value(), id -> new ArrayList<>()).add(owner.nowNanos());
    }
  }

  private void check() {
    DeviceAudit.check(loop(), (request, instance) -> {});
    long heldBlocks = loop().instances().stream().mapToLong(i -> i.usableBlocks()).sum();
    assertTrue(engine.mappedSlabs() >= 0 && heldBlocks >= 0);
    assertTrue(loop().ledger().actualBytes() <= loop().ledger().capacityBytes());
  }

  @Override
  public void close() {
    engine.close();
    meters.close();
  }
}
