package io.slinfer.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.slinfer.model.LlamaShape;
import io.slinfer.model.QuantisationMix;
import io.slinfer.model.RandomLlama;
import io.slinfer.model.gguf.GgufFile;
import io.slinfer.testing.DemoServer;
import io.slinfer.testing.JsonClient;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model file that is replaced while the server runs. */
final class ReplacedModelTest {

  private static final LlamaShape SHAPE = new LlamaShape(64, 2, 2, 1, 128, 3_200, true);

  @TempDir private Path folder;

  @Test
  void isServedFromItsNewFileWithoutAGap() throws Exception {
    write("m.gguf", 1);
    write("other.gguf", 2);
    try (DemoServer server = new DemoServer(folder)) {
      String before = answer(server, "m");
      String wanted = answer(server, "other");
      assertNotEquals(before, wanted);
      Files.copy(folder.resolve("other.gguf"), folder.resolve("m.part"));
      Files.move(
          folder.resolve("m.part"), folder.resolve("m.gguf"), StandardCopyOption.ATOMIC_MOVE);
      long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      String now = before;
      while (now.equals(before) && System.nanoTime() - deadlineNanos < 0) {
        TimeUnit.MILLISECONDS.sleep(50);
        now = answer(server, "m");
      }
      assertEquals(wanted, now);
    }
  }

  private void write(String name, long seed) throws Exception {
    try (GgufFile demo = GgufFile.open(Path.of("models/demo-chat.gguf"))) {
      new RandomLlama(SHAPE, QuantisationMix.Q8_0, demo.metadata(), seed)
          .write(folder.resolve(name));
    }
  }

  private static String answer(DemoServer server, String model) throws Exception {
    HttpResponse<String> response =
        JsonClient.post(
            server.url() + "/v1/completions",
            "{\"model\":\""
                + model
                + "\",\"prompt\":\"one two\",\"temperature\":0,\"max_tokens\":8}");
    assertEquals(200, response.statusCode(), response.body());
    return new ObjectMapper().readTree(response.body()).at("/choices/0/text").textValue();
  }
}
