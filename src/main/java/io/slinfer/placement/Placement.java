package io.slinfer.placement;

import java.util.List;

/**
 * Where a request goes. Devices and instances are named by their index in the view; KV sizes are in
 * blocks, and equal to the current size where nothing changes; victims are instances of the device
 * that are paused to the host first.
 */
public sealed interface Placement {

  /** Onto an instance, which gets {@code blocks} KV blocks. */
  record OnInstance(int device, int instance, int blocks, List<Integer> victims)
      implements Placement {
    public OnInstance(int device, int instance, int blocks) {
      this(device, instance, blocks, List.of());
    }
  }

  /** Onto an instance, once a neighbour has left the device and its requests start again. */
  record AfterPreemption(int device, int instance, int blocks, int victim) implements Placement {}

  /** Onto a new instance. */
  record NewInstance(int device, int blocks, List<Integer> victims) implements Placement {
    public NewInstance(int device, int blocks) {
      this(device, blocks, List.of());
    }
  }

  /** Onto an instance that first comes back from the host. */
  record Resumed(int device, int instance, int blocks, List<Integer> victims)
      implements Placement {}

  /** Nowhere now; an instance is to take no more requests, so that there will be a place. */
  record Retiring(int device, int instance) implements Placement {}

  /** Nowhere now. */
  record NoCapacity() implements Placement {}
}
