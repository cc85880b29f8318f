package io.slinfer.scheduler;

import io.slinfer.cost.InstanceCosts;
import io.slinfer.request.ModelId;

/**
 * Steps that serve nobody, by which a model is measured while the device has nothing to do.
 *
 * <p>Confined to the device's owner.
 */
final class Probing {

  private final DeviceState device;
  private final Stepping stepping;

  Probing(DeviceState device, Stepping stepping) {
    this.device = device;
    this.stepping = stepping;
  }

  boolean isIdle() {
    return !stepping.isBusy() && !isWanted();
  }

  boolean isWanted() {
    for (int i = 0; i < device.instances.size(); i++) {
      Instance instance = device.instances.get(i);
      if (instance.requestCount() > 0 || !instance.actions.isEmpty() || instance.acting) {
        return true;
      }
    }
    return !device.memory.isIdle();
  }

  boolean grow(Instance instance, int blocks) {
    int missing = Math.max(0, blocks - instance.promisedBlocks);
    boolean ready = instance.loaded && !instance.paused && !instance.draining && !instance.retired;
    if (!ready || 2 * instance.blockBytes(missing) > device.ledger.unpromisedBytes()) {
      return false;
    }
    if (missing > 0) {
      device.changed();
      device.memory.resize(instance, blocks);
      device.run.run();
    }
    return true;
  }

  void started(Instance instance) {
    assert isIdle() : device.spec.id();
    device.changed();
    instance.batch().clear();
    stepping.probeStarted(instance);
  }

  void ended(Instance instance) {
    device.changed();
    stepping.probeEnded(instance);
    device.run.run();
  }

  /** The steps of a model have been measured. */
  void measured(ModelId model, InstanceCosts costs) {
    device.changed();
    if (device.correction != null) {
      device.correction.trust(costs.latency());
    }
    for (Instance instance : device.instances) {
      if (instance.model().equals(model) && instance.costs().shape().equals(costs.shape())) {
        instance.costs(costs);
        instance.expect(device.correction == null ? costs : device.correction.corrected(costs));
      }
    }
  }
}
