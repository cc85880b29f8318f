package io.slinfer.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.config.ProfileFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MeasuredProfilesTest {

  private static final Path CHAT = Path.of("models/demo-chat.gguf");
  private static final Path STORY = Path.of("models/demo-story.gguf");

  @TempDir private Path folder;

  private MeasuredProfiles profiles() {
    return new MeasuredProfiles(folder);
  }

  private void measured(String device, double prefillMillis) throws Exception {
    ProfileFile.DeviceLatency latency =
        new ProfileFile.DeviceLatency(
            1,
            1,
            new double[][] {{32, prefillMillis}},
            List.of(new ProfileFile.DecodeRow(32, new double[][] {{1, 2}})));
    new ProfileFile("demo-chat", 1, 1, 1, Map.of(device, latency))
        .write(profiles().file(CHAT), List.of());
  }

  @Test
  void findsWhatWasMeasuredOfThisVeryModelOnThisMachine() throws Exception {
    measured("here", 12);
    assertEquals(12_000_000, profiles().find(CHAT, "here").orElseThrow().prefillNanos(32));
    assertTrue(profiles().find(STORY, "here").isEmpty());
    assertTrue(profiles().find(CHAT, "elsewhere").isEmpty());
    assertNotEquals(profiles().file(CHAT), profiles().file(STORY));
  }

  @Test
  void aDamagedProfileIsLeftAside() throws Exception {
    measured("here", 12);
    Files.writeString(profiles().file(CHAT), "model: [");
    assertTrue(profiles().find(CHAT, "here").isEmpty());
  }
}
