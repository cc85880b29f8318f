package io.slinfer.placement;

/**
 * Where a request goes. Devices and instances are named by their index in the view; KV sizes are in
 * blocks, and equal to the current size where nothing changes.
 */
public sealed interface Placement {

  /** Onto an instance, which gets {@code blocks} KV blocks. */
  record OnInstance(int device, int instance, int blocks) implements Placement {}

  /** Onto an instance, once a neighbour has left the device. */
  record AfterPreemption(int device, int instance, int blocks, int victim) implements Placement {}

  /** Onto a new instance. */
  record NewInstance(int device, int blocks) implements Placement {}

  /** Nowhere now. */
  record NoCapacity() implements Placement {}
}
