package io.slinfer.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * How much memory the control groups of this process still allow it: the least of all groups above
 * it, pages of files not counted, since the kernel drops them before it refuses. Version 2, else 1.
 *
 * @param groups where the groups are mounted
 * @param own the file that says which of them this process is in
 */
record ContainerMemory(Path groups, Path own) {

  /** No limit is as large: version 1 writes about 2^63 for none. */
  private static final long UNLIMITED = 1L << 60;

  /** That of this process. */
  static ContainerMemory ofThisProcess() {
    return new ContainerMemory(Path.of("/sys/fs/cgroup"), Path.of("/proc/self/cgroup"));
  }

  /** Empty where no group has a limit, or the system does not say. */
  OptionalLong spareBytes() {
    try {
      OptionalLong least = OptionalLong.empty();
      for (String line : Files.readAllLines(own)) {
        String[] parts = line.split(":", 3);
        boolean second = parts[1].isEmpty();
        if (second || parts[1].equals("memory")) {
          Path mount = second ? groups : groups.resolve("memory");
          least = least(least, alongPath(mount, parts[2].substring(1), second));
        }
      }
      return least;
    } catch (IOException | RuntimeException notLinux) {
      return OptionalLong.empty();
    }
  }

  /**
   * In a container the path may name a group that only the host sees: then the mount is its own.
   */
  private static OptionalLong alongPath(Path mount, String path, boolean second)
      throws IOException {
    OptionalLong least = spareBytes(mount, second);
    Path group = mount;
    for (String name : path.split("/")) {
      group = group.resolve(name);
      least = least(least, spareBytes(group, second));
    }
    return least;
  }

  private static OptionalLong spareBytes(Path group, boolean second) throws IOException {
    Path limit = group.resolve(second ? "memory.max" : "memory.limit_in_bytes");
    Path used = group.resolve(second ? "memory.current" : "memory.usage_in_bytes");
    if (!Files.exists(limit) || !Files.exists(used)) {
      return OptionalLong.empty();
    }
    String most = Files.readString(limit).strip();
    if (most.equals("max") || Long.parseLong(most) >= UNLIMITED) {
      return OptionalLong.empty();
    }
    long held = Long.parseLong(Files.readString(used).strip()) - fileBytes(group, second);
    return OptionalLong.of(Math.max(0, Long.parseLong(most) - held));
  }

  private static long fileBytes(Path group, boolean second) throws IOException {
    String prefix = second ? "" : "total_";
    long bytes = 0;
    for (String line : Files.readAllLines(group.resolve("memory.stat"))) {
      String[] words = line.split(" ");
      if (words[0].equals(prefix + "inactive_file") || words[0].equals(prefix + "active_file")) {
        bytes += Long.parseLong(words[1]);
      }
    }
    return bytes;
  }

  private static OptionalLong least(OptionalLong one, OptionalLong other) {
    if (one.isEmpty() || other.isEmpty()) {
      return one.isEmpty() ? other : one;
    }
    return OptionalLong.of(Math.min(one.getAsLong(), other.getAsLong()));
  }
}
