package io.slinfer.scheduler;

/**
 * One piece of memory work of an instance.
 *
 * @param version the instance's promise that it carries out; superseded when a newer one of its
 *     kind exists
 * @param blocks the KV size to reach, for a resize
 */
public record MemoryAction(Kind kind, int version, int blocks) {

  /** The kinds of memory work. */
  public enum Kind {
    /** Weights onto the device. */
    LOAD,
    /** KV to another size. */
    RESIZE,
    /** Ends the computing of all requests. */
    EVICT,
    /** All keys and values to the host: the instance leaves. */
    EXPORT,
    /** Those back: the instance returns. */
    IMPORT,
    /** Keys and values of some requests to the host. */
    SET_ASIDE,
    /** Those of some requests back. */
    BRING_BACK,
    /** Weights off the device. */
    UNLOAD
  }
}
