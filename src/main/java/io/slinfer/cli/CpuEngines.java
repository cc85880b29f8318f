package io.slinfer.cli;

import io.slinfer.config.DeviceSettings;
import io.slinfer.config.SettingsException;
import io.slinfer.engine.Engine;
import io.slinfer.engine.EngineListener;
import io.slinfer.engine.cpu.CpuEngine;
import io.slinfer.engine.cpu.CpuKernels;
import io.slinfer.engine.cpu.LogitsObserver;
import io.slinfer.engine.cpu.NativeKernels;
import io.slinfer.engine.cpu.ReferenceKernels;
import io.slinfer.node.EngineFactory;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the CPU engine that the settings ask for. Only {@code auto} falls back to plain Java, and
 * says why.
 */
final class CpuEngines implements EngineFactory {

  private static final Logger LOG = LoggerFactory.getLogger(CpuEngines.class);

  private final DeviceSettings settings;
  private final long kvBytes;

  /**
   * @param kvBytes what the device could give one instance at most
   */
  CpuEngines(DeviceSettings settings, long kvBytes) {
    this.settings = settings;
    this.kvBytes = kvBytes;
  }

  @Override
  public Engine create(EngineListener listener, Executor owner) {
    CpuKernels kernels = kernels();
    String kind = kernels instanceof NativeKernels ? "cpu" : "java";
    return new CpuEngine(
        kernels, new CpuEngine.Settings(kind, kvBytes, LogitsObserver.NONE), owner, listener);
  }

  private CpuKernels kernels() {
    return switch (settings.engine()) {
      case "java" -> new ReferenceKernels();
      case "cpu" -> nativeKernels();
      default -> {
        try {
          yield nativeKernels();
        } catch (SettingsException unusable) {
          LOG.warn("{}; plain Java is used, which is slow", unusable.getMessage());
          yield new ReferenceKernels();
        }
      }
    };
  }

  private CpuKernels nativeKernels() {
    int threads =
        settings.threads() > 0 ? settings.threads() : Runtime.getRuntime().availableProcessors();
    try {
      return new NativeKernels(threads);
    } catch (LinkageError | RuntimeException failure) {
      Throwable cause = failure.getCause() == null ? failure : failure.getCause();
      throw new SettingsException(
          "devices."
              + settings.id()
              + ".engine: the native kernels cannot be loaded: "
              + cause.getMessage());
    }
  }
}
