package io.slinfer.cli;

import io.slinfer.config.SettingsException;
import io.slinfer.engine.cpu.CpuKernels;
import io.slinfer.engine.cpu.NativeKernels;
import io.slinfer.engine.cpu.ReferenceKernels;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which kernels a CPU engine computes with, by name; their description says which they are.
 *
 * @param setting where the choice was made, for messages: {@code devices.cpu.engine}, {@code
 *     --device}
 * @param engine {@code cpu} (native kernels or nothing), {@code java} (plain Java) or {@code auto}
 *     (native kernels, else plain Java)
 * @param threads threads of the native kernels; 0 means one for each processor
 */
record KernelChoice(String setting, String engine, int threads) {

  private static final Logger LOG = LoggerFactory.getLogger(KernelChoice.class);

  /**
   * Makes the kernels. Only {@code auto} falls back, and says why.
   *
   * @throws SettingsException if the native kernels are asked for and cannot be used
   */
  CpuKernels open() {
    return switch (engine) {
      case "cpu" -> nativeKernels();
      case "java" -> new ReferenceKernels();
      case "auto" -> {
        try {
          yield nativeKernels();
        } catch (SettingsException unusable) {
          LOG.warn("{}; plain Java is used, which is slow", unusable.getMessage());
          yield new ReferenceKernels();
        }
      }
      default ->
          throw new SettingsException(setting + ": " + engine + "; allowed: auto, cpu, java");
    };
  }

  /** The engine's kind with such kernels. */
  static String kind(CpuKernels kernels) {
    return kernels instanceof NativeKernels ? "cpu" : "java";
  }

  private CpuKernels nativeKernels() {
    try {
      return new NativeKernels(threads > 0 ? threads : Runtime.getRuntime().availableProcessors());
    } catch (LinkageError | RuntimeException failure) {
      Throwable cause = failure.getCause() == null ? failure : failure.getCause();
      throw new SettingsException(
          setting + ": " + engine + ": the native kernels cannot be used: " + cause.getMessage());
    }
  }
}
