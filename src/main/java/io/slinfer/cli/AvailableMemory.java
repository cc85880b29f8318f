package io.slinfer.cli;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/** How much memory this process could still take. */
final class AvailableMemory {

  /** The part of what is spare that may be taken: the kernel and others grow too. */
  private static final double MARGIN = 0.9;

  private static final long LEAST_BYTES = 64L << 20;
  private static final String LINE = "MemAvailable:";

  private AvailableMemory() {}

  /** What weights, KV and scratch may take beside the rest of this process, with a margin. */
  static long spareBytes() {
    Runtime heap = Runtime.getRuntime();
    long heapGrowth = heap.maxMemory() - (heap.totalMemory() - heap.freeMemory());
    return Math.max(LEAST_BYTES, Math.round(MARGIN * (bytes() - heapGrowth)));
  }

  /**
   * What the kernel could give without swapping (it counts pages of files as free), at most what
   * the container still allows; where the kernel does not say, what is free.
   */
  static long bytes() {
    return ContainerMemory.ofThisProcess().spareBytes().stream().reduce(machineBytes(), Math::min);
  }

  private static long machineBytes() {
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    try {
      for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
        if (line.startsWith(LINE)) {
          long kibibytes = Long.parseLong(line.substring(LINE.length()).replace("kB", "").strip());
          return Math.min(kibibytes << 10, system.getTotalMemorySize());
        }
      }
    } catch (IOException notLinux) {
      return system.getFreeMemorySize();
    }
    return system.getFreeMemorySize();
  }
}
