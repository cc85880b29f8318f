package io.slinfer.engine.emulated;

import io.slinfer.engine.KvImage;

/** The size of keys and values that were never there. */
record EmulatedKvImage(int tokens, long bytes) implements KvImage {

  @Override
  public void close() {}
}
