package io.slinfer.scheduler;

import io.slinfer.cost.InstanceCosts;
import io.slinfer.request.InstanceId;
import io.slinfer.request.ModelId;
import io.slinfer.request.RequestLife;
import io.slinfer.request.RequestState;
import io.slinfer.scheduler.MemoryAction.Kind;
import java.util.List;

/**
 * How instances come onto a device and leave it, and requests onto them.
 *
 * <p>Confined to the device's owner.
 */
final class Moves {

  private final DeviceState device;
  private int nextInstance;

  Moves(DeviceState device) {
    this.device = device;
  }

  Instance create(ModelId model, InstanceCosts costs, int blocks) {
    device.changed();
    InstanceId id = new InstanceId(device.spec.id() + "/" + model + "#" + nextInstance);
    Instance instance = new Instance(nextInstance++, id, model, costs, device.spec);
    device.instances.add(instance);
    if (device.correction != null) {
      instance.expect(device.correction.corrected(costs));
    }
    instance.startBlocks = blocks;
    device.listener.instanceCreated(instance);
    if (device.spec.memoryMoves()) {
      device.memory.load(instance);
      device.memory.resize(instance, blocks);
    } else {
      instance.loaded = true;
      instance.weightsPromised = true;
      instance.promisedBlocks = blocks;
      instance.heldBlocks = blocks;
      instance.usableBlocks = blocks;
    }
    return instance;
  }

  void submit(RequestLife request, Instance instance, int blocks) {
    device.changed();
    request.become(RequestState.PREFILLING);
    instance.waiting.addLast(request);
    instance.changed();
    instance.emptyEpoch++;
    device.listener.placed(request, instance);
    if (blocks > instance.promisedBlocks) {
      device.memory.resize(instance, blocks);
    }
  }

  /** Pauses instances; one without requests just goes. */
  void makeRoom(List<Integer> victims) {
    for (int victim : victims) {
      Instance instance = device.instance(victim);
      if (instance.requestCount() == 0) {
        preempt(instance, LeaveReason.ROOM);
      } else {
        pause(instance, LeaveReason.ROOM);
      }
    }
  }

  /** Takes an instance off the device; its requests must find another place. */
  void preempt(Instance victim, LeaveReason reason) {
    device.changed();
    device.listener.leaving(victim, reason);
    victim.evictAll();
    victim.draining = true;
    device.memory.act(victim, Kind.EVICT);
    device.memory.release(victim);
  }

  /**
   * Takes an instance off the device and keeps its requests' keys and values on the host, or where
   * they are; those without any go back to the coordinator. With no room left it is preempted.
   */
  private void pause(Instance victim, LeaveReason reason) {
    if (!device.hostKv.hasRoomFor(victim)) {
      preempt(victim, reason);
      return;
    }
    device.changed();
    device.listener.leaving(victim, reason);
    victim.paused = true;
    victim.emptyEpoch++;
    victim.evicting.addAll(victim.waiting);
    victim.waiting.clear();
    victim.changed();
    device.memory.act(victim, Kind.EXPORT);
    if (!device.spec.keepsPausedKv()) {
      device.memory.resize(victim, 0);
    }
    device.memory.unload(victim);
  }

  void resume(Instance instance, int blocks) {
    device.changed();
    instance.resuming = true;
    device.memory.load(instance);
    device.memory.resize(instance, blocks);
  }

  /** An instance stands still for want of blocks and nothing else helps: it makes room. */
  void stepAside(Instance instance) {
    if (instance.draining || instance.paused || instance.lost) {
      return;
    }
    boolean alone = device.ledger.promisedBytes() == instance.promisedBytes();
    if (instance.running.isEmpty() && instance.aside.isEmpty()) {
      preempt(instance, LeaveReason.STARVED);
    } else if (alone && instance.running.size() > 1 && instance.moving.isEmpty()) {
      shed(instance);
    } else if (device.spec.keepsPausedKv()) {
      preempt(instance, LeaveReason.STARVED);
    } else {
      pause(instance, LeaveReason.STARVED);
    }
    device.run.run();
  }

  /**
   * Nobody will leave for it and the whole device is too small: the newest requests start again.
   */
  private void shed(Instance instance) {
    device.changed();
    while (!device.settings.batching().hasWork(instance) && instance.running.size() > 1) {
      instance.dropNewest(device.driver, device.listener);
    }
  }
}
