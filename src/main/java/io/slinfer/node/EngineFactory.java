package io.slinfer.node;

import io.slinfer.engine.Engine;
import io.slinfer.engine.EngineListener;
import java.util.concurrent.Executor;

/** Makes the engine of a device; may take its time and fail, on a worker thread. */
@FunctionalInterface
public interface EngineFactory {

  /**
   * @param listener what the engine reports to
   * @param owner runs the reports on the device's thread
   */
  Engine create(EngineListener listener, Executor owner);
}
