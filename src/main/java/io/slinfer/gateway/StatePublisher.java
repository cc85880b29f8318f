package io.slinfer.gateway;

import io.slinfer.cluster.ClusterNode;
import io.slinfer.cluster.DeviceState;
import io.slinfer.cluster.InstanceState;
import io.slinfer.cluster.StateMap;
import io.slinfer.node.NodeCore;
import io.slinfer.scheduler.DeviceLoop;
import io.slinfer.scheduler.Instance;
import io.slinfer.scheduler.Timers;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Tells the cluster how this node's devices and instances stand: on change, at most ten times a
 * second, only what differs from what was told last. Confined to the node's owner.
 */
public final class StatePublisher {

  private static final long PACE_NANOS = 100_000_000L;

  private final String node;
  private final String engine;
  private final NodeCore core;
  private final Timers timers;
  private final StateMap<DeviceState> devices;
  private final StateMap<InstanceState> instances;
  private final Map<String, InstanceState> toldInstances = new HashMap<>();
  private final Map<String, DeviceState> toldDevices = new HashMap<>();
  private boolean planned;
  private long sequence;

  /**
   * @param engine kind of the node's engines
   */
  public StatePublisher(ClusterNode cluster, String engine, NodeCore core, Timers timers) {
    this.node = cluster.nodeName();
    this.engine = engine;
    this.core = core;
    this.timers = timers;
    this.devices = cluster.map("devices");
    this.instances = cluster.map("instances");
  }

  /** Something may have changed. */
  public void changed() {
    if (!planned) {
      planned = true;
      timers.at(timers.nowNanos() + PACE_NANOS, this::publish);
    }
  }

  private void publish() {
    planned = false;
    Set<String> present = new HashSet<>();
    for (DeviceLoop loop : core.loops()) {
      int running = 0;
      int waiting = 0;
      for (Instance instance : loop.instances()) {
        String key = node + "/" + instance.id();
        InstanceState state = state(loop, instance);
        present.add(key);
        running += state.running();
        waiting += state.waiting();
        if (!state.equals(toldInstances.put(key, state))) {
          instances.put(key, state);
        }
      }
      publish(loop, running, waiting);
    }
    toldInstances
        .keySet()
        .removeIf(
            key -> {
              boolean gone = !present.contains(key);
              if (gone) {
                instances.remove(key);
              }
              return gone;
            });
  }

  private void publish(DeviceLoop loop, int running, int waiting) {
    String device = loop.spec().id().value();
    String key = node + "/" + device;
    DeviceState last = toldDevices.get(key);
    DeviceState state =
        new DeviceState(
            node,
            device,
            engine,
            loop.ledger().capacityBytes(),
            loop.ledger().promisedBytes(),
            loop.ledger().actualBytes(),
            running,
            waiting,
            last == null ? ++sequence : last.sequence());
    if (!state.equals(last)) {
      DeviceState next = last == null ? state : renumbered(state, ++sequence);
      toldDevices.put(key, next);
      devices.put(key, next);
    }
  }

  private static DeviceState renumbered(DeviceState state, long number) {
    return new DeviceState(
        state.node(),
        state.device(),
        state.kind(),
        state.capacityBytes(),
        state.promisedBytes(),
        state.actualBytes(),
        state.running(),
        state.waiting(),
        number);
  }

  private InstanceState state(DeviceLoop loop, Instance instance) {
    int running = instance.runningRequests().size();
    String word = instance.isLoaded() ? "loaded" : "loading";
    return new InstanceState(
        node,
        loop.spec().id().value(),
        instance.model().value(),
        instance.isLeaving() ? "leaving" : word,
        running,
        instance.requestCount() - running,
        instance.heldKvBytes(),
        instance.usedKvBytes());
  }
}
