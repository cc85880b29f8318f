package io.slinfer.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.slinfer.config.Settings;
import io.slinfer.gateway.DirectoryCatalogue;
import io.slinfer.testing.JsonClient;
import io.slinfer.testing.SettingsText;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Four models on the real engine in memory for two: they leave, come back, and answer the same. */
final class TightMemoryTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> MODELS = List.of("chat-a", "chat-b", "chat-c", "story");
  private static final List<String> PROMPTS =
      List.of("Once upon a time", "The sky is", "A little cat went to the big house and");
  private static final int CALLS = 48;

  @TempDir private Path folder;

  @Test
  void answersAreThoseOfAModelThatIsAlone() throws Exception {
    for (String chat : MODELS.subList(0, 3)) {
      Files.copy(Path.of("models/demo-chat.gguf"), folder.resolve(chat + ".gguf"));
    }
    Files.copy(Path.of("models/demo-story.gguf"), folder.resolve("story.gguf"));
    Map<String, String> alone = new HashMap<>();
    try (Node roomy = new Node("512 MiB")) {
      for (int call = 0; call < MODELS.size() * PROMPTS.size(); call++) {
        alone.put(key(call), roomy.answer(call));
      }
    }
    try (Node tight = new Node("14 MiB");
        ExecutorService callers = Executors.newFixedThreadPool(6)) {
      List<Future<String>> answers = new ArrayList<>();
      for (int i = 0; i < CALLS; i++) {
        int call = i;
        answers.add(callers.submit(() -> tight.answer(call)));
      }
      for (int call = 0; call < CALLS; call++) {
        assertEquals(alone.get(key(call)), answers.get(call).get(), key(call));
      }
      assertTrue(tight.loads() > MODELS.size(), tight.loads() + " loads");
    }
  }

  private static String model(int call) {
    return MODELS.get(call % MODELS.size());
  }

  private static String prompt(int call) {
    return PROMPTS.get(call / MODELS.size() % PROMPTS.size());
  }

  private static String key(int call) {
    return model(call) + ": " + prompt(call);
  }

  /** A server of the folder. */
  private final class Node implements AutoCloseable {

    private final DirectoryCatalogue catalogue;
    private final Server server;

    Node(String memory) {
      Settings read =
          SettingsText.parse(
              "models: {directories: ['"
                  + folder
                  + "']}\ndevices: {cpu: {memory: "
                  + memory
                  + "}}\nserving: {least-residence: 0 s, best-effort: ["
                  + String.join(", ", MODELS)
                  + "]}");
      Settings settings = read.with(read.http().at(null, 0), read.models());
      catalogue = DirectoryCatalogue.open(settings.models());
      server = Server.start(settings, NodeDevices.real(settings), catalogue);
    }

    String answer(int call) throws Exception {
      HttpResponse<String> response =
          JsonClient.post(
              url("/v1/completions"),
              "{\"model\":\""
                  + model(call)
                  + "\",\"prompt\":\""
                  + prompt(call)
                  + "\",\"temperature\":0,\"max_tokens\":24}");
      assertEquals(200, response.statusCode(), response.body());
      return JSON.readTree(response.body()).at("/choices/0/text").textValue();
    }

    long loads() throws Exception {
      return Math.round(
          JsonClient.get(url("/metrics"))
              .body()
              .lines()
              .filter(line -> line.startsWith("slinfer_model_load_time_seconds_count"))
              .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
              .sum());
    }

    private String url(String path) {
      return "http://127.0.0.1:" + server.port() + path;
    }

    @Override
    public void close() {
      server.close();
      catalogue.close();
    }
  }
}
