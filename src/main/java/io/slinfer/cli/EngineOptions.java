package io.slinfer.cli;

import io.slinfer.engine.ModelSource;
import io.slinfer.engine.cpu.CpuEngine;
import io.slinfer.engine.cpu.CpuKernels;
import io.slinfer.engine.device.LogitsObserver;
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
      paramLabel = "cpu|java|auto",
      description =
          "cpu (native kernels), java (plain Java) or auto (cpu, else java);"
              + " default ${DEFAULT-VALUE}.")
  private String device;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads of the cpu device; default: all processors.")
  private Integer threads;

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

  /** Loads the model into an engine of its own. */
  EngineSession open(LogitsObserver observer) throws EngineSession.FailedException {
    CpuKernels kernels = kernels();
    CpuEngine.Settings settings =
        new CpuEngine.Settings(KernelChoice.kind(kernels), KV_ADDRESS_BYTES, observer);
    return new EngineSession(
        (listener, owner) -> new CpuEngine(kernels, settings, owner, listener),
        new ModelSource(new ModelId(model.getFileName().toString()), List.of(model), 0));
  }

  private CpuKernels kernels() {
    if (threads != null && threads < 1) {
      throw new IllegalArgumentException("--threads is " + threads + "; allowed: 1 or more");
    }
    return new KernelChoice("--device", device, threads == null ? 0 : threads).open();
  }
}
