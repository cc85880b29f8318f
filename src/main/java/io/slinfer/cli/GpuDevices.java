package io.slinfer.cli;

import io.slinfer.config.DeviceSettings;
import io.slinfer.config.Settings;
import io.slinfer.config.SettingsException;
import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.MemoryTimes;
import io.slinfer.engine.device.LogitsObserver;
import io.slinfer.engine.gpu.Cuda;
import io.slinfer.engine.gpu.GpuDriver;
import io.slinfer.engine.gpu.GpuEngine;
import io.slinfer.engine.gpu.GpuProperties;
import io.slinfer.engine.gpu.GpuUnavailableException;
import io.slinfer.node.CostSource;
import io.slinfer.node.DeviceParts;
import io.vertx.core.Vertx;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The GPUs that a node serves with. Opened by the main thread. */
final class GpuDevices {

  private static final Logger LOG = LoggerFactory.getLogger(GpuDevices.class);

  /** Weights cross the link once; growing and shrinking KV moves nothing. */
  static final MemoryTimes TIMES =
      new MemoryTimes(100_000_000L, 15, 100_000, 1e6, 5_000_000, 1_000_000, 0);

  /** What of the free memory is left for the driver and for compiled kernels. */
  private static final double MARGIN = 0.95;

  private GpuProperties first;

  /**
   * A GPU as a device of the node; empty if its settings say {@code auto} and it cannot be used.
   *
   * @throws SettingsException if it is asked for and cannot be used
   */
  Optional<DeviceParts> parts(Settings settings, DeviceSettings device) {
    String setting = "devices." + device.id() + ".engine: " + device.engine();
    Optional<GpuDriver> opened =
        device.engine().equals("auto")
            ? found(device.gpuNumber(), setting)
            : Optional.of(required(device.gpuNumber(), setting));
    return opened.map(driver -> parts(settings, device, driver));
  }

  private DeviceParts parts(Settings settings, DeviceSettings device, GpuDriver driver) {
    first = first == null ? driver.properties() : first;
    long memoryBytes =
        device.memoryBytes() > 0 ? device.memoryBytes() : Math.round(MARGIN * driver.freeBytes());
    GpuEngine.Settings engine =
        new GpuEngine.Settings(device.id().value(), memoryBytes, LogitsObserver.NONE);
    return NodeDevices.parts(
        device,
        DeviceKind.GPU,
        memoryBytes,
        NodeDevices.policy(settings, device, TIMES),
        (listener, owner) -> new GpuEngine(driver, engine, owner, listener));
  }

  /** What models cost on the CPU and the GPUs of this machine, which are taken for equal. */
  CostSource costs(CpuCosts cpu, Vertx vertx) {
    return first == null ? cpu : new GpuCosts(cpu, vertx, first);
  }

  /**
   * A GPU, or empty with one line in the log that says why not.
   *
   * @param setting what asked for it
   */
  static Optional<GpuDriver> found(int number, String setting) {
    try {
      return Optional.of(Cuda.open(number));
    } catch (GpuUnavailableException unusable) {
      LOG.info("{}: going on without gpu:{}: {}", setting, number, unusable.getMessage());
      return Optional.empty();
    }
  }

  /**
   * A GPU.
   *
   * @throws SettingsException if it cannot be used
   */
  static GpuDriver required(int number, String setting) {
    try {
      return Cuda.open(number);
    } catch (GpuUnavailableException unusable) {
      throw new SettingsException(setting + ": " + unusable.getMessage());
    }
  }
}
