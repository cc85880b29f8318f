package io.slinfer.engine.gpu;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/**
 * The compiled kernels among the program's resources: machine code for some generations of GPUs
 * where it was built in, PTX for all others. Any thread.
 */
final class KernelImages {

  private static final String FOLDER = "/cuda/";
  private static final String ENTRY = ".visible .entry ";

  /** Machine code runs on its own generation and on later ones of the same major number. */
  private static final int[] GENERATIONS = {120, 100, 90, 89, 86, 80};

  private final Map<String, String> moduleOf = new HashMap<>();

  KernelImages() {
    for (String line : text("kernels.txt").lines().toList()) {
      String[] words = line.split(" ", 2);
      moduleOf.put(words[0], words[1]);
    }
  }

  /** Every kernel's name and the source file that it comes from. */
  Map<String, String> modules() {
    return Map.copyOf(moduleOf);
  }

  /**
   * The module that a kernel is in.
   *
   * @throws IllegalArgumentException if there is no such kernel
   */
  String module(String kernel) {
    String module = moduleOf.get(kernel);
    if (module == null) {
      throw new IllegalArgumentException("no CUDA kernel is called " + kernel);
    }
    return module;
  }

  /**
   * Machine code of a module for a GPU, or null if none was built in.
   *
   * @param majorMinor compute capability, such as 90
   */
  byte[] machineCode(String module, int majorMinor) {
    for (int generation : GENERATIONS) {
      if (generation <= majorMinor && generation / 10 == majorMinor / 10) {
        byte[] code = bytes("sm_" + generation + "/" + module + ".cubin.gz");
        if (code != null) {
          return code;
        }
      }
    }
    return null;
  }

  /**
   * PTX of one kernel alone, as the driver takes it: the driver then compiles no others with it.
   */
  byte[] ptx(String kernel) {
    String text = text(module(kernel) + ".ptx.gz");
    return (cut(text, kernel) + '\0').getBytes(StandardCharsets.US_ASCII);
  }

  /** What stands before the first kernel, and the one kernel. */
  static String cut(String text, String kernel) {
    int first = text.indexOf(ENTRY);
    int start = text.indexOf(ENTRY + kernel + "(");
    if (start < 0) {
      throw new IllegalArgumentException("the PTX has no kernel " + kernel);
    }
    int end = text.indexOf("\n}\n", start);
    if (end < 0) {
      throw new IllegalArgumentException("the PTX of " + kernel + " does not end");
    }
    return text.substring(0, first) + text.substring(start, end + 3);
  }

  static String text(String name) {
    byte[] bytes = bytes(name);
    if (bytes == null) {
      throw new IllegalStateException("the program lacks its resource " + FOLDER + name);
    }
    return new String(bytes, StandardCharsets.US_ASCII);
  }

  private static byte[] bytes(String name) {
    try (InputStream resource = KernelImages.class.getResourceAsStream(FOLDER + name)) {
      if (resource == null) {
        return null;
      }
      return name.endsWith(".gz")
          ? new GZIPInputStream(resource).readAllBytes()
          : resource.readAllBytes();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
