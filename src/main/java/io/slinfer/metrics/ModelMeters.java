package io.slinfer.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.slinfer.request.FinishReason;
import io.slinfer.request.ModelId;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** The meters of one model, labelled {@code model_name}. Safe for any thread. */
public final class ModelMeters {

  private final MeterRegistry registry;
  private final Tags tags;
  private final Counter promptTokens;
  private final Counter generatedTokens;
  private final Counter prefixQueries;
  private final Counter prefixHits;
  private final Counter preemptions;
  private final Timer timeToFirstToken;
  private final Timer interToken;
  private final Timer endToEnd;
  private final Timer queue;
  private final Timer prefill;
  private final Timer decode;
  private final Timer load;
  private final Timer disconnectToFree;
  private final Counter sloMet;
  private final Counter sloMissed;
  private final Counter sloRefused;
  private final Counter moves;
  private final Timer coldQueue;
  private final Timer coldPlace;
  private final Timer coldLoad;
  private final Timer coldFirstToken;
  private final Timer step;
  private final DistributionSummary stepError;
  private final DistributionSummary requestPromptTokens;
  private final DistributionSummary requestGeneratedTokens;
  private final DistributionSummary stepTokens;
  private final AtomicInteger resident = new AtomicInteger();
  private final AtomicLong residentNanos = new AtomicLong();
  private final AtomicLong residentSinceNanos = new AtomicLong();
  private volatile int running;
  private volatile int waiting;
  private volatile double kvUsage;
  private volatile long kvUsedBlocks;

  ModelMeters(MeterRegistry registry, ModelId model) {
    this.registry = registry;
    this.tags = Tags.of("model_name", model.value());
    promptTokens = counter("prompt_tokens", "Prompt tokens of finished requests");
    generatedTokens = counter("generation_tokens", "Tokens generated");
    prefixQueries = counter("prefix_cache_queries", "Prompt tokens looked up in the prefix cache");
    prefixHits = counter("prefix_cache_hits", "Prompt tokens found in the prefix cache");
    preemptions = counter("num_preemptions", "Requests that gave up their KV to be recomputed");
    timeToFirstToken = timer("time_to_first_token", "Arrival to first token", Buckets.FIRST_TOKEN);
    interToken = timer("inter_token_latency", "Between two tokens", Buckets.INTER_TOKEN);
    endToEnd = timer("e2e_request_latency", "Arrival to the end", Buckets.REQUEST);
    queue = timer("request_queue_time", "Arrival to the first step", Buckets.REQUEST);
    prefill = timer("request_prefill_time", "First step to first token", Buckets.REQUEST);
    decode = timer("request_decode_time", "First token to the last", Buckets.REQUEST);
    load = timer("model_load_time", "Loading the model", Buckets.REQUEST);
    disconnectToFree =
        timer("disconnect_to_free", "Closed connection to freed KV blocks", Buckets.FREEING);
    sloMet = slo("met");
    sloMissed = slo("missed");
    sloRefused = slo("refused");
    moves = counter("request_moves", "Requests that lost their place and got another");
    coldQueue = coldStart("queue");
    coldPlace = coldStart("place");
    coldLoad = coldStart("load");
    coldFirstToken = coldStart("first_token");
    step = timer("step_time", "One step of the model", Buckets.INTER_TOKEN);
    stepError =
        summary(
            "step_prediction_error",
            "Predicted step time over measured, minus 1; as a share, without its sign",
            Buckets.SHARES);
    requestPromptTokens = summary("request_prompt_tokens", "Prompt length", Buckets.TOKENS);
    requestGeneratedTokens = summary("request_generation_tokens", "Answer length", Buckets.TOKENS);
    stepTokens = summary("iteration_tokens", "Tokens in a step", Buckets.STEP_TOKENS);
    gauge("num_requests_running", "Requests in the batch", () -> running);
    gauge("num_requests_waiting", "Requests not yet in the batch", () -> waiting);
    gauge("kv_cache_usage_perc", "Used KV blocks; 1 is all that the model holds", () -> kvUsage);
    gauge("kv_blocks_used", "KV blocks used by requests", () -> kvUsedBlocks);
    gauge("model_resident", "Instances that are loaded", resident::get);
    FunctionCounter.builder(
            MeterNames.PREFIX + "model_residency_seconds",
            this,
            meters -> meters.residencySeconds())
        .description("Seconds in which at least one instance was loaded")
        .tags(tags)
        .register(registry);
  }

  /** A first token is ready, this long after the request's arrival. */
  public void firstToken(long sinceArrivalNanos) {
    timeToFirstToken.record(sinceArrivalNanos, TimeUnit.NANOSECONDS);
  }

  /** A further token is ready, this long after the one before. */
  public void nextToken(long sinceLastNanos) {
    interToken.record(sinceLastNanos, TimeUnit.NANOSECONDS);
  }

  /** A request was served. */
  public void served(FinishReason reason, int prompt, int generated, long sinceArrivalNanos) {
    registry
        .counter(
            MeterNames.PREFIX + "request_success",
            tags.and("finished_reason", reason.name().toLowerCase(java.util.Locale.ROOT)))
        .increment();
    promptTokens.increment(prompt);
    requestPromptTokens.record(prompt);
    requestGeneratedTokens.record(generated);
    endToEnd.record(sinceArrivalNanos, TimeUnit.NANOSECONDS);
  }

  /** A request takes part in a step for the first time. */
  public void started(long queuedNanos, int promptLength, int cachedTokens) {
    queue.record(queuedNanos, TimeUnit.NANOSECONDS);
    prefixQueries.increment(promptLength);
    prefixHits.increment(cachedTokens);
  }

  /** A request's prompt is in the cache and its first token drawn. */
  public void prefilled(long prefillNanos) {
    prefill.record(prefillNanos, TimeUnit.NANOSECONDS);
  }

  /** A request's last token was drawn. */
  public void decoded(long decodeNanos) {
    decode.record(decodeNanos, TimeUnit.NANOSECONDS);
  }

  /** A step has ended. */
  public void stepped(int tokens, int drawn) {
    stepTokens.record(tokens);
    generatedTokens.increment(drawn);
  }

  /**
   * A served request kept its deadlines, or did not: time to the first token, and mean time per
   * token after it.
   */
  public void judged(boolean met) {
    (met ? sloMet : sloMissed).increment();
  }

  /** A request was refused for want of time or room. */
  public void sloRefused() {
    sloRefused.increment();
  }

  /** A request that lost its place has got another. */
  public void moved() {
    moves.increment();
  }

  /**
   * A request that waited for a load has its first token. The stages follow each other.
   *
   * @param queueNanos from its arrival until it had a place
   * @param placeNanos until its model's load began
   * @param loadNanos until that ended, or what was left of it
   * @param firstTokenNanos until the token
   */
  public void coldStarted(long queueNanos, long placeNanos, long loadNanos, long firstTokenNanos) {
    coldQueue.record(queueNanos, TimeUnit.NANOSECONDS);
    coldPlace.record(placeNanos, TimeUnit.NANOSECONDS);
    coldLoad.record(loadNanos, TimeUnit.NANOSECONDS);
    coldFirstToken.record(firstTokenNanos, TimeUnit.NANOSECONDS);
  }

  /** An instance is to leave, or to be paused. */
  public void evicted(Enum<?> reason) {
    registry
        .counter(
            MeterNames.PREFIX + "instance_evictions",
            tags.and("reason", reason.name().toLowerCase(java.util.Locale.ROOT)))
        .increment();
  }

  /**
   * How long a step took.
   *
   * @param predictedNanos what the scheduler reckoned with; 0 if with nothing
   */
  public void stepTook(long measuredNanos, long predictedNanos) {
    step.record(measuredNanos, TimeUnit.NANOSECONDS);
    if (predictedNanos > 0 && measuredNanos > 0) {
      stepError.record(Math.abs((double) predictedNanos / measuredNanos - 1));
    }
  }

  /** An instance was loaded. */
  public synchronized void resident() {
    if (resident.getAndIncrement() == 0) {
      residentSinceNanos.set(System.nanoTime());
    }
  }

  /** An instance has left. */
  public synchronized void gone() {
    if (resident.decrementAndGet() == 0) {
      residentNanos.addAndGet(System.nanoTime() - residentSinceNanos.get());
    }
  }

  private synchronized double residencySeconds() {
    long now = resident.get() > 0 ? System.nanoTime() - residentSinceNanos.get() : 0;
    return (residentNanos.get() + now) / 1e9;
  }

  /** A request lost its KV blocks to a more urgent one. */
  public void preempted() {
    preemptions.increment();
  }

  /** The model was loaded. */
  public void loaded(long loadNanos) {
    load.record(loadNanos, TimeUnit.NANOSECONDS);
  }

  /** What a caller who went away had used is free. */
  public void freedAfterDisconnect(long nanos) {
    disconnectToFree.record(nanos, TimeUnit.NANOSECONDS);
  }

  /** How it stands now. */
  public void state(int nowRunning, int nowWaiting, long usedBlocks, long heldBlocks) {
    running = nowRunning;
    waiting = nowWaiting;
    kvUsedBlocks = usedBlocks;
    kvUsage = heldBlocks == 0 ? 0 : (double) usedBlocks / heldBlocks;
  }

  private Timer coldStart(String stage) {
    return Timer.builder(MeterNames.PREFIX + "cold_start")
        .description("Stages of requests that waited for a load")
        .tags(tags)
        .tag("stage", stage)
        .serviceLevelObjectives(Buckets.REQUEST)
        .register(registry);
  }

  private Counter slo(String outcome) {
    return Counter.builder(MeterNames.PREFIX + "slo_requests")
        .description("Requests by whether they kept their deadlines, or were refused")
        .tags(tags)
        .tag("outcome", outcome)
        .register(registry);
  }

  private Counter counter(String name, String description) {
    return Counter.builder(MeterNames.PREFIX + name)
        .description(description)
        .tags(tags)
        .register(registry);
  }

  private Timer timer(String name, String description, Duration[] buckets) {
    return Timer.builder(MeterNames.PREFIX + name)
        .description(description)
        .tags(tags)
        .serviceLevelObjectives(buckets)
        .register(registry);
  }

  private DistributionSummary summary(String name, String description, double[] buckets) {
    return DistributionSummary.builder(MeterNames.PREFIX + name)
        .description(description)
        .tags(tags)
        .serviceLevelObjectives(buckets)
        .register(registry);
  }

  private void gauge(String name, String description, java.util.function.Supplier<Number> value) {
    Gauge.builder(MeterNames.PREFIX + name, value)
        .description(description)
        .tags(tags)
        .register(registry);
  }
}
