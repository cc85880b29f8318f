package io.slinfer.recording;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.cli.NodeDevices;
import io.slinfer.config.Settings;
import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.MemoryTimes;
import io.slinfer.node.DeviceParts;
import io.slinfer.node.Input;
import io.slinfer.node.NodeRecorder;
import io.slinfer.scheduler.ServingPolicy;
import io.slinfer.testing.SettingsText;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RecordingFileTest {

  /** More than the queue and the writer hold. */
  private static final int MANY = 1_000_000;

  @TempDir private Path folder;

  @Test
  void aDiskThatIsTooSlowEndsTheRecordingWhichSaysSo() throws Exception {
    CountDownLatch stuck = new CountDownLatch(1);
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    OutputStream slow =
        new OutputStream() {
          @Override
          public void write(int one) {
            written.write(one);
          }

          @Override
          public void write(byte[] bytes, int from, int length) {
            try {
              stuck.await();
            } catch (InterruptedException ended) {
              throw new IllegalStateException(ended);
            }
            written.write(bytes, from, length);
          }
        };
    Path file = folder.resolve("slow.jsonl");
    RecordingFile recording = RecordingFile.to(file, slow);
    NodeRecorder recorder = recording.of(node());
    for (int i = 1; i <= MANY; i++) {
      recorder.turn(i, new Input.Timer(i));
    }
    assertTrue(recording.hasDropped());
    stuck.countDown();
    recording.close();
    Files.write(file, written.toByteArray());
    List<String> lines = Files.readAllLines(file);
    assertTrue(lines.getLast().contains("\"dropped\":true"), lines.getLast());
    assertTrue(lines.size() < MANY, "what came later is not there");
    Replay.Outcome outcome = Replay.of(file);
    assertFalse(outcome.complete());
    assertFalse(outcome.equal());
  }

  @Test
  void whatIsNoRecordingIsRefused() throws Exception {
    Path file = folder.resolve("other.jsonl");
    Files.writeString(file, "{\"hello\":1}\n");
    String message = assertThrows(BadRecordingException.class, () -> Replay.of(file)).getMessage();
    assertTrue(message.contains("no recording"), message);
  }

  @Test
  void theNodeOfARecordingIsTheNodeThatWasRecorded() {
    RecordedNode node = node();
    RecordedNode read = RecordedNode.of(node.json());
    assertEquals(node.json(), read.json());
    assertEquals(node.devices().getFirst().spec(), read.devices().getFirst().spec());
    assertEquals(
        node.policy().residence().keepAliveNanos(), read.policy().residence().keepAliveNanos());
  }

  private static RecordedNode node() {
    Settings settings = SettingsText.parse("serving: {keep-alive: 3 s}");
    ServingPolicy policy =
        NodeDevices.policy(settings, settings.device(), new MemoryTimes(1, 2, 3, 4, 5, 6, 7));
    DeviceParts device =
        NodeDevices.parts(settings.device(), DeviceKind.CPU, 1 << 20, policy, null);
    return new RecordedNode(0, false, 9, 8, List.of("a"), List.of("b"), List.of(device));
  }
}
