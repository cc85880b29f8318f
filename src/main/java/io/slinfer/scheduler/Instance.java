package io.slinfer.scheduler;

import io.slinfer.cost.DeviceSpec;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.request.InstanceId;
import io.slinfer.request.ModelId;
import io.slinfer.request.RequestLife;
import io.slinfer.request.RequestState;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A model on a device: its requests, its memory as promised, held and usable, and its running step.
 *
 * <p>Confined to the device's owner.
 */
public final class Instance {

  private final int index;
  private final InstanceId id;
  private final ModelId model;
  private InstanceCosts costs;
  private final DeviceSpec device;
  private final StepBatch batch = new StepBatch();
  private final RequestSums sums = new RequestSums();

  /** Its costs as the device's steps so far suggest. */
  InstanceCosts expected;

  /** What the running step takes by the profile alone. */
  long predictedNanos;

  final ArrayDeque<RequestLife> waiting = new ArrayDeque<>();
  final List<RequestLife> running = new ArrayList<>();

  /** Requests whose keys and values are on the host although the instance is on the device. */
  final List<RequestLife> aside = new ArrayList<>();

  /** Of those running or aside, the ones whose keys and values are on the way. */
  final List<RequestLife> moving = new ArrayList<>();

  final List<RequestLife> evicting = new ArrayList<>();
  final ArrayDeque<MemoryAction> actions = new ArrayDeque<>();

  /** What decisions have promised. */
  boolean weightsPromised;

  int promisedBlocks;
  int weightsVersion;
  int blocksVersion;

  /** What the device holds, or is about to. */
  boolean weightsHeld;

  int heldBlocks;

  /** What steps can use. */
  boolean loaded;

  int usableBlocks;
  int usedBlocks;
  int startBlocks;

  boolean stepping;
  boolean acting;
  boolean draining;

  /** Its keys and values are on the host, or on the way there; it has no slot once they are. */
  boolean paused;

  /** It comes back from the host. */
  boolean resuming;

  /** Gone with its device; answers that still come are late. */
  boolean lost;

  /** Requests that are to be dropped as soon as no step or copy uses them. */
  final List<RequestLife> cancelled = new ArrayList<>();

  /** Its model is to be served by another instance; it serves what it has, then leaves. */
  boolean retired;

  /** Since when. */
  long retiredNanos;

  /** It may not leave for another model: pinned, or not here long enough. */
  boolean stays;

  int quotaLeft;
  long stepStartNanos;

  /** When its weights came onto the device. */
  long loadedNanos = Long.MAX_VALUE;

  /** When it was loaded, or its last step ended. */
  long stoodSinceNanos;

  long restUntilNanos = Long.MIN_VALUE;
  int emptyEpoch;

  Instance(int index, InstanceId id, ModelId model, InstanceCosts costs, DeviceSpec device) {
    this.index = index;
    this.id = id;
    this.model = model;
    this.costs = costs;
    this.expected = costs;
    this.device = device;
  }

  /** Which instance of its device; never used again. */
  public int index() {
    return index;
  }

  public InstanceId id() {
    return id;
  }

  public ModelId model() {
    return model;
  }

  /** What it costs by its profile. */
  public InstanceCosts costs() {
    return costs;
  }

  /**
   * Other times for its steps; what it weighs stays.
   *
   * @param measured of the same shape
   */
  void costs(InstanceCosts measured) {
    assert measured.shape().equals(costs.shape()) : measured;
    costs = measured;
  }

  /**
   * What the running step is expected to take, or was the last one, as steps so far suggest and
   * without the margin for safety.
   */
  public long expectedStepNanos() {
    return Math.round(predictedNanos * (expected.safety() / costs.safety()));
  }

  public DeviceSpec device() {
    return device;
  }

  /** The running step's work, or the last one's. */
  public StepBatch batch() {
    return batch;
  }

  /** Requests on it: waiting for prefill, decoding, or set aside. */
  public int requestCount() {
    return waiting.size() + running.size() + aside.size();
  }

  /** Its requests whose computing has begun; a live view. */
  public List<RequestLife> runningRequests() {
    return Collections.unmodifiableList(running);
  }

  /** Whether its weights are on the device. */
  public boolean isLoaded() {
    return loaded;
  }

  /** Whether it takes no more requests and will be gone soon. */
  public boolean isLeaving() {
    return draining;
  }

  /** Whether its keys and values are on the host, or on the way there. */
  public boolean isPaused() {
    return paused;
  }

  /** Whether it is paused and on its way back. */
  public boolean isResuming() {
    return resuming;
  }

  /** Whether it may not leave for another model. */
  public boolean isStaying() {
    return stays;
  }

  /**
   * Time left until the first of its requests is late that still can be in time, its own prefill
   * taken off; Long.MAX_VALUE / 2 and less the later all are, when there is none.
   */
  public long leastSlackNanos(long nowNanos) {
    return requestCount() == 0 ? Long.MAX_VALUE / 2 : sums(nowNanos).hopefulSlackNanos(nowNanos);
  }

  /** KV blocks that steps can use. */
  public int usableBlocks() {
    return usableBlocks;
  }

  /** KV blocks that requests hold. */
  public int usedBlocks() {
    return usedBlocks;
  }

  /** Bytes that the device holds for it. */
  public long heldBytes() {
    return (weightsHeld ? costs.shape().weightBytes() : 0) + blockBytes(heldBlocks);
  }

  /** KV bytes that the device holds for it. */
  public long heldKvBytes() {
    return blockBytes(heldBlocks);
  }

  /** KV bytes that hold something. */
  public long usedKvBytes() {
    return blockBytes(usedBlocks);
  }

  /** KV bytes of its running requests: what it takes on the host once it is paused. */
  long pausedKvBytes() {
    return hostBytes(running);
  }

  /** KV bytes that requests take on the host; those of a running step as they will be after it. */
  long hostBytes(List<RequestLife> requests) {
    int blocks = 0;
    for (RequestLife request : requests) {
      blocks += device.blocksFor(stepping ? request.totalTokens() : request.computedTokens());
    }
    return blockBytes(blocks);
  }

  long promisedBytes() {
    return (weightsPromised ? costs.shape().weightBytes() : 0) + blockBytes(promisedBlocks);
  }

  long blockBytes(int blocks) {
    return blocks * costs.blockBytes(device.kvBlockTokens());
  }

  int freeBlocks() {
    return Math.min(usableBlocks, promisedBlocks) - usedBlocks;
  }

  /** Whether it holds blocks that are promised to nobody. */
  boolean hasSpareBlocks() {
    return heldBlocks > promisedBlocks;
  }

  /** All its requests, those being evicted too. */
  public List<RequestLife> requests() {
    List<RequestLife> all = new ArrayList<>();
    for (Iterable<RequestLife> place : places()) {
      place.forEach(all::add);
    }
    return all;
  }

  /** Where its requests are: waiting, running, set aside, being evicted; live views. */
  List<Iterable<RequestLife>> places() {
    return List.of(waiting, running, aside, evicting);
  }

  /** Turns all its requests out; their new place is {@code evicting}. */
  void evictAll() {
    changed();
    evicting.addAll(running);
    evicting.addAll(aside);
    evicting.addAll(waiting);
    running.clear();
    aside.clear();
    waiting.clear();
    moving.clear();
  }

  /** The earliest deadline of its requests; Long.MAX_VALUE with none. */
  public long deadlineNanos() {
    long earliest = Long.MAX_VALUE;
    for (RequestLife request : waiting) {
      earliest = Math.min(earliest, request.deadlineNanos());
    }
    for (int i = 0; i < running.size(); i++) {
      earliest = Math.min(earliest, running.get(i).deadlineNanos());
    }
    return earliest;
  }

  /** What its requests come to at this time. */
  RequestSums sums(long nowNanos) {
    sums.refresh(this, nowNanos);
    return sums;
  }

  /** The same, with the blocks for so many tokens to come. */
  RequestSums sums(long nowNanos, int reserveTokens) {
    sums.refresh(this, nowNanos, reserveTokens);
    return sums;
  }

  /** Whether what its requests come to is known rightly. */
  boolean knowsItsSums(long nowNanos) {
    return sums.isCurrent(this, nowNanos);
  }

  /** Its requests, or what they cost, have changed. */
  void changed() {
    sums.changed();
  }

  /** From now on steps are expected to take this. */
  void expect(InstanceCosts costs) {
    expected = costs;
    changed();
  }

  /** Predicted time for what is left of a prompt. */
  long prefillNanos(RequestLife request) {
    int computed = request.computedTokens();
    long all = expected.prefillNanos(request.totalTokens());
    return computed == 0 ? all : Math.max(0, all - expected.prefillNanos(computed));
  }

  boolean holds(RequestLife request) {
    return waiting.contains(request)
        || running.contains(request)
        || aside.contains(request)
        || evicting.contains(request);
  }

  /** Whether the step or the copy in progress uses the request's blocks. */
  boolean isUsing(RequestLife request) {
    boolean steps = stepping && batch.requests().contains(request);
    boolean copies =
        acting
            && switch (actions.peekFirst().kind()) {
              case EXPORT, IMPORT -> !aside.contains(request);
              case SET_ASIDE, BRING_BACK -> moving.contains(request);
              case LOAD, RESIZE, EVICT, UNLOAD -> false;
            };
    return steps || copies;
  }

  /** Takes a request off; false if it is not here. */
  boolean drop(RequestLife request) {
    changed();
    moving.remove(request);
    return waiting.remove(request)
        || running.remove(request)
        || aside.remove(request)
        || evicting.remove(request);
  }

  /** Blocks that its requests need, each with this many tokens to come. */
  int neededBlocks(int reserveTokens) {
    int blocks = 0;
    for (RequestLife request : waiting) {
      blocks += device.blocksFor(request.totalTokens() + reserveTokens);
    }
    for (RequestLife request : running) {
      blocks += device.blocksFor(request.totalTokens() + reserveTokens);
    }
    for (RequestLife request : aside) {
      blocks += device.blocksFor(request.totalTokens() + reserveTokens);
    }
    return blocks;
  }

  /** Blocks with which it can come back: for those that were running, else for one set aside. */
  int comebackBlocks(int reserveTokens) {
    int blocks = 0;
    for (RequestLife request : running) {
      blocks += device.blocksFor(request.totalTokens() + reserveTokens);
    }
    if (running.isEmpty() && !aside.isEmpty()) {
      blocks = device.blocksFor(aside.getFirst().totalTokens() + reserveTokens);
    }
    return blocks;
  }

  /** Drops the cache of the newest running request, which is computed again from its start. */
  RequestLife dropNewest(DeviceDriver driver, SchedulerListener listener) {
    RequestLife newest = running.removeLast();
    hold(newest, 0);
    driver.freed(this, newest);
    newest.computedTokens(0);
    newest.become(RequestState.PREFILLING);
    waiting.addFirst(newest);
    changed();
    listener.recomputed(newest, this);
    return newest;
  }

  /** Takes or returns blocks so that {@code request} holds {@code blocks}. */
  void hold(RequestLife request, int blocks) {
    changed();
    usedBlocks += blocks - request.heldBlocks();
    request.heldBlocks(blocks);
  }

  @Override
  public String toString() {
    return id.value();
  }
}
