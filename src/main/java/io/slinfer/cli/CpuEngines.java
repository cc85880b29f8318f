package io.slinfer.cli;

import io.slinfer.config.DeviceSettings;
import io.slinfer.engine.Engine;
import io.slinfer.engine.EngineListener;
import io.slinfer.engine.cpu.CpuEngine;
import io.slinfer.engine.cpu.CpuKernels;
import io.slinfer.engine.device.LogitsObserver;
import io.slinfer.node.EngineFactory;
import java.util.concurrent.Executor;

/** Makes the CPU engine that the settings ask for. */
final class CpuEngines implements EngineFactory {

  private final DeviceSettings settings;
  private final long kvBytes;
  private final long scratchBytes;
  private volatile String machine;

  /**
   * @param kvBytes what the device could give one instance at most
   * @param scratchBytes for the activations of a step
   */
  CpuEngines(DeviceSettings settings, long kvBytes, long scratchBytes) {
    this.settings = settings;
    this.kvBytes = kvBytes;
    this.scratchBytes = scratchBytes;
  }

  /** This machine with the kernels of the engine; null before there is one. Any thread. */
  String machine() {
    return machine;
  }

  @Override
  public Engine create(EngineListener listener, Executor owner) {
    CpuKernels kernels =
        new KernelChoice(
                "devices." + settings.id() + ".engine", settings.engine(), settings.threads())
            .open();
    machine = MachineName.of(kernels.description());
    return CpuEngine.of(
        kernels,
        new CpuEngine.Settings(
            KernelChoice.kind(kernels), kvBytes, LogitsObserver.NONE, scratchBytes, true),
        owner,
        listener);
  }
}
