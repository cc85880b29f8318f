package io.slinfer.scheduler;

import io.slinfer.memory.Ledger;
import io.slinfer.scheduler.MemoryAction.Kind;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;

/**
 * Turns promises into memory work in an order that never exceeds the device (slinfer-algorithm
 * section 7). What frees memory is handed to the device at once; what takes memory only when it
 * fits what the device holds, else it waits in order. Work whose promise was replaced is dropped.
 *
 * <p>Confined to the device's owner.
 */
final class MemoryWork {

  private record Pending(Instance instance, MemoryAction action) {}

  private final Ledger ledger;
  private final ArrayDeque<Pending> pending = new ArrayDeque<>();

  private final List<Instance> instances;
  private final boolean shrinksLate;

  /**
   * @param instances all instances of the device; a live view
   * @param shrinksLate whether blocks that are promised to nobody stay where they are until the
   *     device needs them
   */
  MemoryWork(Ledger ledger, List<Instance> instances, boolean shrinksLate) {
    this.ledger = ledger;
    this.instances = instances;
    this.shrinksLate = shrinksLate;
  }

  void load(Instance instance) {
    ledger.promise(instance.costs().shape().weightBytes());
    instance.weightsPromised = true;
    submit(instance, new MemoryAction(Kind.LOAD, ++instance.weightsVersion, 0));
  }

  /** Of a paused instance the weights are gone already, but not what is kept for it. */
  void unload(Instance instance) {
    if (instance.weightsPromised) {
      ledger.promise(-instance.costs().shape().weightBytes());
      instance.weightsPromised = false;
    }
    submit(instance, new MemoryAction(Kind.UNLOAD, ++instance.weightsVersion, 0));
  }

  void resize(Instance instance, int blocks) {
    ledger.promise(instance.blockBytes(blocks - instance.promisedBlocks));
    instance.promisedBlocks = blocks;
    int version = ++instance.blocksVersion;
    boolean isThere =
        shrinksLate
            && blocks <= instance.usableBlocks
            && instance.actions.isEmpty()
            && !instance.draining
            && !instance.paused;
    if (!isThere) {
      submit(instance, new MemoryAction(Kind.RESIZE, version, blocks));
    }
  }

  /** Has instances give back blocks that are promised to nobody, as the device needs the memory. */
  private void collect() {
    for (int i = 0; i < instances.size(); i++) {
      Instance instance = instances.get(i);
      if (instance.hasSpareBlocks() && instance.actions.isEmpty()) {
        instance.actions.addLast(
            new MemoryAction(Kind.RESIZE, instance.blocksVersion, instance.promisedBlocks));
      }
    }
  }

  /** Ends an instance: it takes no more requests and gives back all that it has. */
  void release(Instance instance) {
    instance.draining = true;
    if (instance.device().memoryMoves()) {
      resize(instance, 0);
      unload(instance);
    }
  }

  /** Hands over an action that changes no promise. */
  void act(Instance instance, Kind kind) {
    instance.actions.addLast(new MemoryAction(kind, 0, 0));
  }

  private void submit(Instance instance, MemoryAction action) {
    if (!dispatch(instance, action)) {
      pending.addLast(new Pending(instance, action));
      collect();
    }
  }

  /** Hands an action to its instance if the device has room for it. */
  private boolean dispatch(Instance instance, MemoryAction action) {
    switch (action.kind()) {
      case LOAD -> {
        long bytes = instance.weightsHeld ? 0 : instance.costs().shape().weightBytes();
        if (!ledger.fits(bytes)) {
          return false;
        }
        ledger.hold(bytes);
        instance.weightsHeld = true;
      }
      case RESIZE -> {
        long bytes = instance.blockBytes(Math.max(0, action.blocks() - instance.heldBlocks));
        if (!ledger.fits(bytes)) {
          return false;
        }
        ledger.hold(bytes);
        instance.heldBlocks = Math.max(instance.heldBlocks, action.blocks());
      }
      case EVICT, EXPORT, IMPORT, SET_ASIDE, BRING_BACK, UNLOAD -> {}
    }
    instance.actions.addLast(action);
    return true;
  }

  /** Whether a newer promise has replaced the action's. */
  static boolean isSuperseded(Instance instance, MemoryAction action) {
    return switch (action.kind()) {
      case LOAD, UNLOAD -> action.version() != instance.weightsVersion;
      case RESIZE -> action.version() != instance.blocksVersion;
      case EVICT, EXPORT, IMPORT, SET_ASIDE, BRING_BACK -> false;
    };
  }

  /**
   * Gives the device the next piece of an instance's work; nothing of an instance moves during its
   * step.
   */
  void start(Instance instance, DeviceDriver driver) {
    if (instance.resuming
        && instance.actions.isEmpty()
        && instance.loaded
        && instance.usableBlocks > 0) {
      act(instance, Kind.IMPORT);
    }
    while (!instance.stepping && !instance.acting && !instance.actions.isEmpty()) {
      MemoryAction action = instance.actions.peekFirst();
      if (isSuperseded(instance, action)) {
        instance.actions.removeFirst();
        continue;
      }
      instance.acting = true;
      switch (action.kind()) {
        case LOAD -> driver.load(instance);
        case UNLOAD -> driver.unload(instance);
        case EVICT -> driver.evict(instance);
        case EXPORT ->
            driver.exportKv(instance, List.copyOf(instance.running), instance.usedKvBytes());
        case IMPORT ->
            driver.importKv(instance, List.copyOf(instance.running), instance.pausedKvBytes());
        case SET_ASIDE ->
            driver.exportKv(
                instance, List.copyOf(instance.moving), instance.hostBytes(instance.moving));
        case BRING_BACK ->
            driver.importKv(
                instance, List.copyOf(instance.moving), instance.hostBytes(instance.moving));
        case RESIZE ->
            driver.resize(instance, instance.usableBlocks, action.blocks(), instance.usedBlocks);
      }
    }
  }

  /** Books what a finished action freed. */
  void done(Instance instance, MemoryAction action) {
    switch (action.kind()) {
      case LOAD -> instance.loaded = true;
      case UNLOAD -> {
        instance.loaded = false;
        if (instance.weightsHeld) {
          instance.weightsHeld = false;
          ledger.hold(-instance.costs().shape().weightBytes());
        }
      }
      case RESIZE -> {
        instance.usableBlocks = action.blocks();
        int target = isSuperseded(instance, action) ? instance.heldBlocks : action.blocks();
        ledger.hold(instance.blockBytes(target - instance.heldBlocks));
        instance.heldBlocks = target;
      }
      case EVICT, EXPORT, IMPORT, SET_ASIDE, BRING_BACK -> {}
    }
  }

  /** Takes back what was handed out for an action that failed, and its promise. */
  void failed(Instance instance, MemoryAction action) {
    switch (action.kind()) {
      case LOAD -> {
        ledger.hold(-instance.costs().shape().weightBytes());
        instance.weightsHeld = false;
      }
      case RESIZE -> {
        int stillHeld = Math.max(instance.usableBlocks, blocksHandedOut(instance));
        ledger.hold(instance.blockBytes(stillHeld - instance.heldBlocks));
        instance.heldBlocks = stillHeld;
        if (!isSuperseded(instance, action)) {
          ledger.promise(instance.blockBytes(instance.usableBlocks - instance.promisedBlocks));
          instance.promisedBlocks = instance.usableBlocks;
          instance.blocksVersion++;
        }
      }
      case EVICT, EXPORT, IMPORT, SET_ASIDE, BRING_BACK, UNLOAD ->
          throw new IllegalStateException(action.kind() + " cannot fail");
    }
  }

  /** Blocks that the instance's work to come relies on; 0 when it does not resize. */
  private static int blocksHandedOut(Instance instance) {
    for (MemoryAction action : instance.actions) {
      if (action.kind() == Kind.RESIZE && !isSuperseded(instance, action)) {
        return action.blocks();
      }
    }
    return 0;
  }

  /** Forgets everything: the device is gone. */
  void clear() {
    pending.clear();
    ledger.promise(-ledger.promisedBytes());
    ledger.hold(-ledger.actualBytes());
  }

  /** Hands out what waits and now fits, in order, stopping at the first that does not fit. */
  void giveOut() {
    Iterator<Pending> waiting = pending.iterator();
    while (waiting.hasNext()) {
      Pending next = waiting.next();
      if (!isSuperseded(next.instance(), next.action())
          && !dispatch(next.instance(), next.action())) {
        collect();
        return;
      }
      waiting.remove();
    }
  }

  /** Whether work of the instance still waits for memory. */
  boolean hasPending(Instance instance) {
    for (Pending next : pending) {
      if (next.instance() == instance && !isSuperseded(instance, next.action())) {
        return true;
      }
    }
    return false;
  }

  /** Whether nothing goes on with the instance: no step, no memory work, nobody being evicted. */
  boolean isIdle(Instance instance) {
    return !instance.stepping
        && instance.actions.isEmpty()
        && instance.evicting.isEmpty()
        && !hasPending(instance);
  }

  /** Whether a paused instance has left the device and can come back. */
  boolean isParked(Instance instance) {
    return instance.paused && !instance.resuming && isIdle(instance);
  }

  /** Whether no memory work waits. */
  boolean isIdle() {
    return pending.isEmpty();
  }
}
