package io.slinfer.scheduler;

import io.slinfer.cost.DeviceSpec;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.request.InstanceId;
import io.slinfer.request.ModelId;
import io.slinfer.request.RequestLife;
import java.util.ArrayDeque;
import java.util.ArrayList;
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
  private final InstanceCosts costs;
  private final DeviceSpec device;
  private final StepBatch batch = new StepBatch();

  final ArrayDeque<RequestLife> waiting = new ArrayDeque<>();
  final List<RequestLife> running = new ArrayList<>();
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

  int quotaLeft;
  long stepStartNanos;
  long restUntilNanos = Long.MIN_VALUE;
  int emptyEpoch;

  Instance(int index, InstanceId id, ModelId model, InstanceCosts costs, DeviceSpec device) {
    this.index = index;
    this.id = id;
    this.model = model;
    this.costs = costs;
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

  public InstanceCosts costs() {
    return costs;
  }

  public DeviceSpec device() {
    return device;
  }

  /** The running step's work, or the last one's. */
  public StepBatch batch() {
    return batch;
  }

  /** Requests on it, waiting for prefill or decoding. */
  public int requestCount() {
    return waiting.size() + running.size();
  }

  /** Bytes that the device holds for it. */
  public long heldBytes() {
    return (weightsHeld ? costs.shape().weightBytes() : 0) + blockBytes(heldBlocks);
  }

  /** KV bytes that hold something. */
  public long usedKvBytes() {
    return blockBytes(usedBlocks);
  }

  /** KV bytes that it takes on the host once it is paused. */
  long pausedKvBytes() {
    int blocks = 0;
    for (RequestLife request : running) {
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
    return usableBlocks - usedBlocks;
  }

  /** Where its requests are: waiting, running, being evicted; live views. */
  List<Iterable<RequestLife>> places() {
    return List.of(waiting, running, evicting);
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

  /** Time left until the first of its requests is late, its own prefill taken off. */
  long slackNanos(long nowNanos) {
    long slack = Long.MAX_VALUE;
    for (RequestLife request : waiting) {
      long work = costs.prefillNanos(request.totalTokens() - request.computedTokens());
      slack = Math.min(slack, request.deadlineNanos() - nowNanos - work);
    }
    for (int i = 0; i < running.size(); i++) {
      slack = Math.min(slack, running.get(i).deadlineNanos() - nowNanos);
    }
    return slack;
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
    return blocks;
  }

  /** Takes or returns blocks so that {@code request} holds {@code blocks}. */
  void hold(RequestLife request, int blocks) {
    usedBlocks += blocks - request.heldBlocks();
    request.heldBlocks(blocks);
  }

  @Override
  public String toString() {
    return id.value();
  }
}
