package io.slinfer.scheduler;

/** Why an instance leaves its device. */
public enum LeaveReason {
  /** Its model was not called for so long. */
  KEEP_ALIVE,
  /** Others want its place. */
  ROOM,
  /** It stood still for want of KV blocks, and others had none to give. */
  STARVED,
  /** It was asked to: its model was unloaded or replaced, or another instance serves it. */
  RETIRED,
  /** It could not be loaded, or had no blocks to run with. */
  FAILED,
  /** The last request of a paused instance is gone. */
  DESERTED,
  /** Its device is gone. */
  DEVICE_LOST
}
