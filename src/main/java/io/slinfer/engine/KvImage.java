package io.slinfer.engine;

/**
 * The keys and values of one sequence, outside the device: what is written when a request is paused
 * or moved. The layout is the engine's own and only valid for the same model on the same kind of
 * engine. Closing frees its memory.
 */
public interface KvImage extends AutoCloseable {

  /** How many leading tokens it covers. */
  int tokens();

  /** Its size in bytes. */
  long bytes();

  @Override
  void close();
}
