package io.slinfer.scheduler;

import io.slinfer.admission.DeviceSnapshot;
import io.slinfer.cost.DeviceSpec;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.request.RequestLife;
import java.util.List;

/**
 * A device as a coordinator sees it: the device's loop itself, or what stands for it at the other
 * end of a network. A decision that a device can no longer carry out sends its request back as
 * evicted.
 *
 * <p>Confined to the coordinator's owner.
 */
public interface DevicePort {

  DeviceSpec spec();

  /** The instances there, with the requests that were sent to them; a live view. */
  List<Instance> instances();

  /** The device as it was last heard of; without room while a decision is on its way there. */
  DeviceSnapshot snapshot();

  /** Puts a request on an instance, which then gets {@code blocks} KV blocks; the victims leave. */
  void join(RequestLife request, int instanceIndex, int blocks, List<Integer> victims);

  /** Puts a request on a new instance of its model; the victims leave. */
  void open(RequestLife request, InstanceCosts costs, int blocks, List<Integer> victims);

  /** As {@link #join}, but the victim loses its cache and its requests start again elsewhere. */
  void joinInPlaceOf(int victim, RequestLife request, int instanceIndex, int blocks);

  /** Brings a paused instance back; the victims leave. */
  void resume(int instanceIndex, int blocks, List<Integer> victims);

  /** Brings a paused instance back for a request; the victims leave. */
  void resumeFor(RequestLife request, int instanceIndex, int blocks, List<Integer> victims);

  /** An instance takes no more requests, and leaves when it has none. */
  void retire(int instanceIndex);

  /** Forgets a request; false if it is not there. */
  boolean cancel(RequestLife request);
}
