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
    LOAD,
    RESIZE,
    EVICT,
    EXPORT,
    IMPORT,
    UNLOAD
  }
}
