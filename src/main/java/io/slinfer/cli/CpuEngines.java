package io.slinfer.cli;

import io.slinfer.config.DeviceSettings;
import io.slinfer.config.SettingsException;
import io.slinfer.engine.Engine;
import io.slinfer.engine.EngineListener;
import io.slinfer.engine.cpu.CpuEngine;
import io.slinfer.engine.cpu.CpuKernels;
import io.slinfer.engine.cpu.LogitsObserver;
import io.slinfer.engine.cpu.ReferenceKernels;
import io.slinfer.node.EngineFactory;
import java.util.concurrent.Executor;

/** Makes the CPU engine that the settings ask for. */
final class CpuEngines implements EngineFactory {

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
    return new CpuEngine(
        kernels, new CpuEngine.Settings("java", kvBytes, LogitsObserver.NONE), owner, listener);
  }

  private CpuKernels kernels() {
    if (settings.engine().equals("cpu")) {
      throw new SettingsException(
          "devices.cpu.engine: cpu: this build has no native kernels; allowed: auto, java");
    }
    return new ReferenceKernels();
  }
}
