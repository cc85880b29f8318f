package io.slinfer.engine;

/** Receives an engine's reports, on the owner's thread. */
@FunctionalInterface
public interface EngineListener {

  void onEvent(EngineEvent event);
}
