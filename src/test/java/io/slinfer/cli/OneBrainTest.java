package io.slinfer.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.config.Settings;
import io.slinfer.gateway.DirectoryCatalogue;
import io.slinfer.gateway.ModelCatalogue;
import io.slinfer.recording.RecordingFile;
import io.slinfer.recording.Replay;
import io.slinfer.testing.JsonClient;
import io.slinfer.testing.RawClient;
import io.slinfer.testing.SettingsText;
import io.slinfer.testing.TestServer;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a live server decided under load, in memory for half of its models and with callers that
 * hang up, is what its recording decides when it is replayed in virtual time.
 */
final class OneBrainTest {

  private static final int CALLERS = 6;
  private static final int CALLS = 10;

  @TempDir private Path folder;

  @Test
  void anEmulatedDevice() throws Exception {
    Settings settings =
        onFreePort(
            """
            devices: {gpu: {engine: emulated, count: 2, memory: 15 GiB, speed: 25, max-batch: 8}}
            models: {emulated: {m: {profile: llama-3.2-3b, count: 6, answer-tokens: 30}}}
            serving: {keep-alive: 500 ms, least-residence: 0 s, best-effort: [m-000, m-001]}
            """);
    EmulatedServing emulated = new EmulatedServing(settings);
    ModelCatalogue catalogue = emulated.catalogue(TestServer.catalogue(16));
    Path file = folder.resolve("emulated.jsonl");
    try (Server server =
        Server.start(
            settings,
            NodeDevices.emulated(settings, emulated).recordedTo(RecordingFile.create(file)),
            catalogue)) {
      call(server, List.of("m-000", "m-001", "m-002", "m-003", "m-004", "m-005"));
    }
    assertReplays(file);
  }

  @Test
  void theCpu() throws Exception {
    for (String chat : List.of("a", "b", "c")) {
      Files.copy(Path.of("models/demo-chat.gguf"), folder.resolve(chat + ".gguf"));
    }
    Settings settings =
        onFreePort(
            "models: {directories: ['"
                + folder
                + "']}\ndevices: {cpu: {memory: 15 MiB}}\n"
                + "serving: {least-residence: 0 s, best-effort: [a, b, c]}");
    Path file = folder.resolve("cpu.jsonl");
    try (DirectoryCatalogue catalogue = DirectoryCatalogue.open(settings.models());
        Server server =
            Server.start(
                settings,
                NodeDevices.real(settings).recordedTo(RecordingFile.create(file)),
                catalogue)) {
      call(server, List.of("a", "b", "c"));
    }
    assertReplays(file);
    assertTamperingIsNoticed(file);
  }

  private static Settings onFreePort(String yaml) {
    Settings read = SettingsText.parse(yaml);
    return read.with(read.http().at(null, 0), read.models());
  }

  /** Many callers at once; a third of their calls hang up in the middle. */
  private static void call(Server server, List<String> models) throws Exception {
    try (ExecutorService callers = Executors.newFixedThreadPool(CALLERS)) {
      List<Future<Void>> all = new ArrayList<>();
      for (int caller = 0; caller < CALLERS; caller++) {
        Random random = new Random(caller);
        all.add(
            callers.submit(
                () -> {
                  for (int i = 0; i < CALLS; i++) {
                    call(server.port(), models.get(random.nextInt(models.size())), random);
                  }
                  return null;
                }));
      }
      for (Future<Void> each : all) {
        each.get();
      }
    }
  }

  private static void call(int port, String model, Random random) throws Exception {
    boolean hangsUp = random.nextInt(3) == 0;
    String prompt = "Once upon a time there was a cat. ".repeat(1 + random.nextInt(6));
    String body =
        "{\"model\":\"%s\",\"prompt\":\"%s\",\"max_tokens\":%d,\"user\":\"%d\",\"stream\":%b}"
            .formatted(model, prompt, 1 + random.nextInt(40), random.nextInt(3), hangsUp);
    if (!hangsUp) {
      HttpResponse<String> answer =
          JsonClient.post("http://127.0.0.1:" + port + "/v1/completions", body);
      assertTrue(List.of(200, 429, 503).contains(answer.statusCode()), answer.body());
      return;
    }
    try (RawClient client = new RawClient(port)) {
      client.send(RawClient.post("/v1/completions", body));
      if (random.nextBoolean()) {
        client.readUntil("\r\n\r\n");
      }
    }
  }

  private static void assertReplays(Path file) throws Exception {
    String text = Files.readString(file);
    for (String wanted :
        List.of("\"in\":\"cancel\"", "\"out\":\"cancelled\"", "\"why\":\"ROOM\"")) {
      assertTrue(text.contains(wanted), "nothing of " + wanted);
    }
    assertFalse(text.contains("Once upon"), "prompts are not kept");
    Replay.Outcome outcome = Replay.of(file);
    assertTrue(outcome.equal(), outcome::toString);
    assertTrue(outcome.decisions() > 200, outcome::toString);
  }

  private static void assertTamperingIsNoticed(Path file) throws Exception {
    List<String> lines = Files.readAllLines(file);
    int submit = find(lines, "\"in\":\"submit\"", 3);
    int step = find(lines, "\"e\":\"stepped\"", 5);
    List<List<String>> tampered =
        List.of(
            with(lines, submit, lines.get(submit).replaceFirst("\"prompt\":", "\"prompt\":1")),
            without(lines, step),
            without(lines, find(lines, "\"out\":\"place\"", 2)),
            without(lines, find(lines, "\"in\":\"cancel\"", 0)),
            with(lines, step, lines.get(step).replaceFirst("\"ns\":", "\"ns\":1")),
            lines.subList(0, lines.size() - 1));
    for (int i = 0; i < tampered.size(); i++) {
      Files.write(file, tampered.get(i));
      Replay.Outcome outcome = Replay.of(file);
      assertFalse(outcome.equal(), "tampering " + i);
      assertEquals(i < 4, outcome.difference().isPresent(), "tampering " + i + ": " + outcome);
    }
  }

  private static int find(List<String> lines, String text, int skip) {
    int left = skip;
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).contains(text) && left-- == 0) {
        return i;
      }
    }
    throw new AssertionError("too few of " + text);
  }

  private static List<String> with(List<String> lines, int index, String line) {
    List<String> changed = new ArrayList<>(lines);
    changed.set(index, line);
    return changed;
  }

  private static List<String> without(List<String> lines, int index) {
    List<String> changed = new ArrayList<>(lines);
    changed.remove(index);
    return changed;
  }
}
