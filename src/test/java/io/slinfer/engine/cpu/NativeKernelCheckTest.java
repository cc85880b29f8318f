package io.slinfer.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.ffi.InstructionSet;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/**
 * The kernels against formulas in float64, in C++: no line of it is shared with the Java oracle.
 */
final class NativeKernelCheckTest {

  @Test
  void everyInstructionSetAgreesWithExactSums() throws Exception {
    ProcessBuilder builder = new ProcessBuilder("scripts/test-native").redirectErrorStream(true);
    // What scripts/test-sanitize loads into this JVM is linked into the program.
    builder.environment().remove("LD_PRELOAD");
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    assertTrue(output.contains("(best): products"), output);
    assertEquals(InstructionSet.available().size(), output.lines().count(), output);
  }
}
