package io.slinfer.memory.verticle;

import io.slinfer.cluster.ClusterNode;
import io.slinfer.cluster.DeviceState;
import io.slinfer.cluster.ModelState;
import io.slinfer.cluster.StateMap;
import io.slinfer.node.NodeCore;
import io.slinfer.node.OwnerLoop;
import io.slinfer.request.ModelId;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * Loads the models that are wanted warm, at first and again whenever a device has changed: driven
 * by the entry listeners of the maps {@code models} and {@code devices} alone, no timer.
 */
public final class MemoryScalingVerticle extends VerticleBase {

  private final NodeCore core;
  private final OwnerLoop owner;
  private final StateMap<ModelState> models;
  private final StateMap<DeviceState> devices;
  private final List<StateMap.Subscription> subscriptions = new ArrayList<>();

  public MemoryScalingVerticle(ClusterNode cluster, NodeCore core, OwnerLoop owner) {
    this.core = core;
    this.owner = owner;
    this.models = cluster.map("models");
    this.devices = cluster.map("devices");
  }

  @Override
  public Future<?> start() {
    Context own = context;
    Executor here = task -> own.runOnContext(nothing -> task.run());
    subscriptions.add(models.onChange(here, change -> scale()));
    subscriptions.add(devices.onChange(here, change -> scale()));
    return Future.succeededFuture();
  }

  @Override
  public Future<?> stop() {
    stopListening();
    return Future.succeededFuture();
  }

  /** Ends the listeners: nothing is scaled any more. Any thread. */
  public void stopListening() {
    subscriptions.forEach(StateMap.Subscription::close);
  }

  private void scale() {
    for (ModelState model : models.entries().values()) {
      if (model.warm()) {
        owner.execute(() -> core.warm(new ModelId(model.model())));
      }
    }
  }
}
