package io.slinfer.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a serving process has in memory, from {@code /proc/PID/smaps} and {@code status}.
 *
 * @param totalBytes its resident set, by the kernel's own count: the ranges are read one after the
 *     other, so their sum counts twice what moves meanwhile
 * @param modelBytes mapped model files
 * @param reservedBytes KV and scratch: its anonymous ranges of just their sizes
 */
record ResidentMemory(long totalBytes, long modelBytes, long reservedBytes) {

  /** The Java heap and its classes lie below this address. */
  private static final long ABOVE_THE_HEAP = 1L << 40;

  long enginesBytes() {
    return modelBytes + reservedBytes;
  }

  /**
   * @param kvBytes of the range of each instance's KV; it is whole blocks of this
   * @param scratchBytes of the scratch
   */
  static ResidentMemory of(long pid, long kvBytes, long scratchBytes) throws IOException {
    long models = 0;
    long reserved = 0;
    boolean isModel = false;
    boolean isReserved = false;
    for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "smaps"))) {
      if (isRange(line)) {
        String[] words = line.split(" +", 6);
        String name = words.length > 5 ? words[5] : "";
        String[] ends = words[0].split("-");
        long start = Long.parseUnsignedLong(ends[0], 16);
        long bytes = Long.parseUnsignedLong(ends[1], 16) - start;
        isModel = name.endsWith(".gguf");
        isReserved =
            name.isEmpty()
                && words[1].equals("rw-p")
                && (bytes == scratchBytes || bytes > 0.9 * kvBytes && bytes <= kvBytes)
                && start >= ABOVE_THE_HEAP;
      } else if (line.startsWith("Rss:")) {
        long bytes = Long.parseLong(line.substring(4, line.length() - 2).strip()) << 10;
        models += isModel ? bytes : 0;
        reserved += isReserved ? bytes : 0;
      }
    }
    return new ResidentMemory(totalBytes(pid), models, reserved);
  }

  private static long totalBytes(long pid) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.substring(6, line.length() - 2).strip()) << 10;
      }
    }
    throw new IOException("process " + pid + " has gone");
  }

  private static boolean isRange(String line) {
    int dash = line.indexOf('-');
    return dash > 0 && line.indexOf(' ') > dash && Character.digit(line.charAt(0), 16) >= 0;
  }
}
