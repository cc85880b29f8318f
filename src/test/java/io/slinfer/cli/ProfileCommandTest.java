package io.slinfer.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.config.ProfileFile;
import io.slinfer.cost.InstanceCosts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ProfileCommandTest {

  @TempDir private Path folder;

  private int profile(Path out, String name) {
    return SlinferCommand.run(
        "profile",
        "--model",
        "models/demo-story.gguf",
        "--device",
        "auto",
        "--seconds",
        "0.2",
        "--name",
        name,
        "--out",
        out.toString());
  }

  @Test
  void writesAProfileThatCostsCanBeReadFrom() throws Exception {
    Path file = folder.resolve("new/demo.yaml");
    assertEquals(0, profile(file, "here"));
    InstanceCosts costs = ProfileFile.read(file).costs("here", 1);
    assertTrue(costs.prefillNanos(32) > 0);
    assertTrue(costs.decodeNanos(32, 1) > 0);
    assertTrue(costs.shape().weightBytes() > 1 << 20, costs.shape().toString());
    assertTrue(costs.shape().kvBytesPerToken() > 0, costs.shape().toString());
  }

  @Test
  void aSecondDeviceIsAddedToTheFile() throws Exception {
    Path file = folder.resolve("demo.yaml");
    assertEquals(0, profile(file, "one"));
    assertEquals(0, profile(file, "two"));
    assertEquals(List.of("one", "two"), List.copyOf(ProfileFile.read(file).devices().keySet()));
  }

  @Test
  void theBundledProfilesSurviveBeingWritten() throws Exception {
    Path file = folder.resolve("copy.yaml");
    ProfileFile bundled = ProfileFile.named("llama-2-7b");
    bundled.write(file, List.of("a copy"));
    assertTrue(Files.readString(file).startsWith("# a copy\n"));
    InstanceCosts before = bundled.costs("a100-80gb", 1);
    InstanceCosts after = ProfileFile.read(file).costs("a100-80gb", 1);
    assertEquals(before.shape(), after.shape());
    assertEquals(before.decodeNanos(64 * 1_500, 64), after.decodeNanos(64 * 1_500, 64));
    assertEquals(before.prefillNanos(777), after.prefillNanos(777));
  }
}
