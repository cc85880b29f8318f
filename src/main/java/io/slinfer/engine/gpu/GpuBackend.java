package io.slinfer.engine.gpu;

import io.slinfer.engine.Engine;
import io.slinfer.engine.ModelSource;
import io.slinfer.engine.device.Backend;
import io.slinfer.engine.device.DeviceInstance;
import io.slinfer.model.UnservableModelException;
import io.slinfer.request.Failure;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One GPU: its driver, its memory, and whether it still works. */
final class GpuBackend implements Backend {

  private static final Logger LOG = LoggerFactory.getLogger(GpuBackend.class);

  private final GpuDriver driver;
  private final DeviceMemory memory;
  private final WeightCopiers copiers;
  private final GpuEngine.Settings settings;
  private volatile String lost;

  GpuBackend(GpuDriver driver, GpuEngine.Settings settings) {
    this.driver = driver;
    this.memory = new DeviceMemory(driver);
    this.copiers =
        new WeightCopiers(driver, memory, Runtime.getRuntime().availableProcessors() / 2);
    this.settings = settings;
  }

  @Override
  public void attach() {
    driver.attach();
  }

  /** The device's stream has one owner. */
  @Override
  public boolean movesMemoryBesideSteps() {
    return false;
  }

  @Override
  public DeviceInstance load(ModelSource source) throws IOException, UnservableModelException {
    checkHealth();
    long start = System.nanoTime();
    GpuInstance loaded =
        new GpuInstance(new GpuInstance.Device(driver, memory, copiers, settings), source);
    double seconds = Math.max(1, System.nanoTime() - start) / (double) TimeUnit.SECONDS.toNanos(1);
    long bytes = loaded.loadedModel().weightBytes();
    LOG.info(
        "{}: {} is on the device: {} MiB in {} s, {} GB/s",
        settings.id(),
        source.model(),
        bytes >> 20,
        String.format("%.2f", seconds),
        String.format("%.1f", bytes / seconds / 1e9));
    return loaded;
  }

  private void checkHealth() {
    if (lost != null) {
      throw new GpuException(settings.id() + " has failed before", lost);
    }
  }

  /** A device that has failed once stays lost: CUDA gives every later call the same error. */
  @Override
  public Failure failureOf(Throwable failure) {
    if (failure instanceof OutOfMemoryError) {
      return new Failure.Unavailable(
          "device " + settings.id() + ": " + failure.getMessage(), "out_of_memory", 0);
    }
    if (!(failure instanceof GpuException)) {
      return null;
    }
    if (lost == null) {
      lost = failure.getMessage();
      LOG.error("device {} has failed and takes no more work: {}", settings.id(), lost);
    }
    return new Failure.Unavailable(
        "device " + settings.id() + " has failed: " + failure.getMessage(),
        Engine.DEVICE_FAILED,
        0);
  }

  boolean isLost() {
    return lost != null;
  }

  long heldBytes() {
    return memory.heldBytes();
  }

  @Override
  public void close() {
    copiers.close();
    driver.close();
  }
}
