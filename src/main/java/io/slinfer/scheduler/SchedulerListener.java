package io.slinfer.scheduler;

import io.slinfer.request.RequestLife;

/** Is told what happens, on the owner's thread, after it has happened. */
public interface SchedulerListener {

  /** A request got a place on an instance. */
  default void placed(RequestLife request, Instance instance) {}

  /** A step begins. */
  default void stepStarted(Instance instance) {}

  /** A step has ended; its tokens are counted. */
  default void stepEnded(Instance instance, long durationNanos) {}

  /** A request has one more token. */
  default void token(RequestLife request, Instance instance) {}

  /** A request has all its tokens. */
  default void finished(RequestLife request) {}

  /** A request was given up. */
  default void refused(RequestLife request, String reason) {}

  /** A request was cancelled; nothing on a device holds anything for it. */
  default void cancelled(RequestLife request) {}

  /** A request lost its place and its cache. */
  default void evicted(RequestLife request, Instance instance) {}

  /** A request's cache was dropped for want of blocks; it keeps its place. */
  default void recomputed(RequestLife request, Instance instance) {}

  /** An instance has a slot of its device. */
  default void instanceCreated(Instance instance) {}

  /** An instance is to leave its device, or to be paused; why, in one word. */
  default void leaving(Instance instance, LeaveReason reason) {}

  /** An instance left its device. */
  default void instanceRemoved(Instance instance) {}

  /** Memory work was done. */
  default void memoryActed(Instance instance, MemoryAction action, long durationNanos) {}
}
