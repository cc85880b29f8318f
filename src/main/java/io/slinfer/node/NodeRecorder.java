package io.slinfer.node;

import io.slinfer.request.Failure;
import io.slinfer.request.RequestId;
import io.slinfer.scheduler.SchedulerListener;

/**
 * Is told all that comes to a node, each with the time of its turn, and what the node decides in
 * that turn. Called on the node's owner; must not wait.
 */
public interface NodeRecorder extends SchedulerListener {

  /** Keeps nothing. */
  NodeRecorder NONE = new NodeRecorder() {};

  /** A turn begins. */
  default void turn(long nowNanos, Input input) {}

  /** A request ends without having been served. */
  default void failed(RequestId request, Failure failure) {}
}
