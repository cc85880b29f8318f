package io.slinfer.cli;

import io.slinfer.config.SettingsException;
import io.slinfer.engine.ModelSource;
import io.slinfer.engine.cpu.CpuEngine;
import io.slinfer.engine.cpu.CpuKernels;
import io.slinfer.engine.cpu.NativeKernels;
import io.slinfer.engine.device.LogitsObserver;
import io.slinfer.engine.gpu.GpuDriver;
import io.slinfer.engine.gpu.GpuEngine;
import io.slinfer.engine.gpu.GpuProperties;
import io.slinfer.request.ModelId;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** The options of commands that run a model without a server. */
final class EngineOptions {

  /** Address space for KV blocks: more than any one machine's run of a command needs. */
  private static final long KV_ADDRESS_BYTES = 1L << 37;

  @Option(names = "--model", required = true, paramLabel = "F.gguf", description = "The model.")
  private Path model;

  @Option(
      names = "--device",
      defaultValue = "cpu",
      paramLabel = "cpu|gpu:N|java|auto",
      description =
          "cpu (native kernels), gpu:N (a GPU, from 0), java (plain Java) or auto (gpu:0, else cpu,"
              + " else java); default ${DEFAULT-VALUE}.")
  private String device;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads of the cpu device; default: all processors.")
  private Integer threads;

  /** The GPU that was opened; null for a CPU. */
  private GpuProperties gpu;

  /** As if they had been given on a command line. */
  static EngineOptions of(Path model, String device) {
    EngineOptions options = new EngineOptions();
    options.model = model;
    options.device = device;
    return options;
  }

  Path model() {
    return model;
  }

  /** Kernel threads; plain Java has one. */
  int threadCount() {
    if (device.equals("java")) {
      return 1;
    }
    return threads == null ? Runtime.getRuntime().availableProcessors() : threads;
  }

  /**
   * What a profile calls the device.
   *
   * @param kernels as the engine describes them
   */
  String deviceName(String kernels) {
    return gpu == null ? MachineName.of(kernels) : MachineName.of(gpu);
  }

  /** Loads the model into an engine of its own. */
  EngineSession open(LogitsObserver observer) throws EngineSession.FailedException {
    GpuDriver driver = gpuDriver();
    if (driver != null) {
      gpu = driver.properties();
      GpuEngine.Settings own = new GpuEngine.Settings(device, KV_ADDRESS_BYTES, observer);
      return session((listener, owner) -> new GpuEngine(driver, own, owner, listener));
    }
    CpuKernels kernels = kernels();
    CpuEngine.Settings settings =
        new CpuEngine.Settings(KernelChoice.kind(kernels), KV_ADDRESS_BYTES, observer);
    return session((listener, owner) -> CpuEngine.of(kernels, settings, owner, listener));
  }

  private EngineSession session(EngineSession.Factory factory)
      throws EngineSession.FailedException {
    return new EngineSession(
        factory, new ModelSource(new ModelId(model.getFileName().toString()), List.of(model), 0));
  }

  /** The GPU that was asked for, or that {@code auto} finds; null for a CPU. */
  private GpuDriver gpuDriver() {
    if (device.equals("auto")) {
      return GpuDevices.found(0, "--device: auto").orElse(null);
    }
    if (device.equals("cpu") || device.equals("java")) {
      return null;
    }
    if (!device.matches("gpu(:[0-9]{1,4})?")) {
      throw new SettingsException("--device: " + device + "; allowed: cpu, gpu:N, java, auto");
    }
    int number = device.equals("gpu") ? 0 : Integer.parseInt(device.substring("gpu:".length()));
    return GpuDevices.required(number, "--device: " + device);
  }

  private CpuKernels kernels() {
    if (threads != null && (threads < 1 || threads > NativeKernels.MOST_THREADS)) {
      throw new IllegalArgumentException(
          "--threads is " + threads + "; allowed: 1 to " + NativeKernels.MOST_THREADS);
    }
    return new KernelChoice("--device", device, threads == null ? 0 : threads).open();
  }
}
