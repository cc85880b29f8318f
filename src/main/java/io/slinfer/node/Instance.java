package io.slinfer.node;

import io.slinfer.engine.LoadedModel;
import io.slinfer.engine.ModelSource;
import io.slinfer.kvcache.BlockPool;
import io.slinfer.kvcache.BlockTable;
import io.slinfer.metrics.ModelMeters;
import io.slinfer.request.InstanceId;
import io.slinfer.request.ModelId;
import java.util.Collection;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * One model on a device: loading, or loaded with its KV blocks, and the requests that it serves,
 * the most senior first. Confined to the device's owner.
 */
final class Instance {

  private final InstanceId id;
  private final ModelSource source;
  private final ModelMeters meters;
  private final TreeSet<DeviceRequest> requests = new TreeSet<>(DeviceRequest.SENIORITY);
  private LoadedModel loaded;
  private BlockPool pool;
  private boolean resizing;
  private boolean superseded;

  Instance(InstanceId id, ModelSource source, ModelMeters meters) {
    this.id = id;
    this.source = source;
    this.meters = meters;
  }

  InstanceId id() {
    return id;
  }

  ModelId model() {
    return source.model();
  }

  /** The files that it was loaded from. */
  ModelSource source() {
    return source;
  }

  /** Whether its files were replaced: it serves what it has and then goes. */
  boolean superseded() {
    return superseded;
  }

  void supersede() {
    superseded = true;
  }

  ModelMeters meters() {
    return meters;
  }

  /** The requests that have not ended, the most senior first. */
  SortedSet<DeviceRequest> requests() {
    return Collections.unmodifiableSortedSet(requests);
  }

  void add(DeviceRequest request) {
    requests.add(request);
  }

  void remove(DeviceRequest request) {
    requests.remove(request);
  }

  boolean isLoaded() {
    return loaded != null;
  }

  void loaded(LoadedModel what) {
    loaded = what;
    pool = new BlockPool(what.blocksPerSlab(), what.maxSlabs());
  }

  /** What the engine said of it; null while it loads. */
  LoadedModel loaded() {
    return loaded;
  }

  /** Its KV blocks; null while it loads. */
  BlockPool pool() {
    return pool;
  }

  /** Whether the engine is mapping or unmapping slabs of it. */
  boolean resizing() {
    return resizing;
  }

  void resizing(boolean now) {
    resizing = now;
  }

  /**
   * The longest sequence it can ever hold.
   *
   * @param kvBytes the device's budget
   */
  int capacityTokens(long kvBytes) {
    long slabs = Math.min(loaded.maxSlabs(), kvBytes / loaded.slabBytes());
    long blocks = slabs * loaded.blocksPerSlab();
    return (int) Math.min(loaded.contextTokens(), blocks * BlockTable.TOKENS_PER_BLOCK);
  }

  /** Its work, for the step policy; at least one request has not ended. */
  StepPolicy.Load load() {
    long deadlineNanos = requests.first().deadlineNanos();
    int decoding = 0;
    int pendingTokens = 0;
    for (DeviceRequest request : requests) {
      if (request.deadlineNanos() - deadlineNanos < 0) {
        deadlineNanos = request.deadlineNanos();
      }
      int pending = request.sequence().pending();
      if (request.state() == DeviceRequest.State.RUNNING && pending == 1) {
        decoding++;
      } else {
        pendingTokens += pending;
      }
    }
    return new StepPolicy.Load(id, deadlineNanos, decoding, pendingTokens);
  }

  /** Shows how it stands. */
  void report() {
    int running = count(requests, DeviceRequest.State.RUNNING);
    meters.state(
        running,
        requests.size() - running,
        pool == null ? 0 : pool.usedBlocks(),
        pool == null ? 0 : (long) pool.heldSlabs() * pool.blocksPerSlab());
  }

  /** How it stands. */
  InstanceStatus status() {
    int running = count(requests, DeviceRequest.State.RUNNING);
    return new InstanceStatus(
        model(),
        loaded != null,
        running,
        requests.size() - running,
        loaded == null ? 0 : loaded.weightBytes(),
        loaded == null ? 0 : pool.usedBlocks() * loaded.kvBlockBytes(),
        loaded == null ? 0 : pool.heldSlabs() * loaded.slabBytes());
  }

  private static int count(Collection<DeviceRequest> requests, DeviceRequest.State state) {
    int count = 0;
    for (DeviceRequest request : requests) {
      count += request.state() == state ? 1 : 0;
    }
    return count;
  }
}
