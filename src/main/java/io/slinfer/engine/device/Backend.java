package io.slinfer.engine.device;

import io.slinfer.engine.ModelSource;
import io.slinfer.model.UnservableModelException;
import io.slinfer.request.Failure;
import java.io.IOException;

/** One device, as {@link ThreadedEngine} drives it. */
public interface Backend extends AutoCloseable {

  /** Called first, on each of the engine's threads. */
  void attach();

  /**
   * Whether an instance's slabs may be mapped and unmapped, and it may be closed, on a thread of
   * their own while the step thread computes for other instances; else the step thread does that.
   */
  boolean movesMemoryBesideSteps();

  /**
   * Loads a model; on the loader's thread. A failure leaves nothing behind.
   *
   * @throws OutOfMemoryError if the device has no room
   */
  DeviceInstance load(ModelSource source) throws IOException, UnservableModelException;

  /**
   * What a failure on the device is to its requests: on the thread where it was thrown.
   *
   * @return null if it has nothing to do with the device's health
   */
  Failure failureOf(Throwable failure);

  /** Frees the device; on the step thread, after all instances. */
  @Override
  void close();
}
