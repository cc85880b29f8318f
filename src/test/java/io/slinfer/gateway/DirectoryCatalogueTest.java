package io.slinfer.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.slinfer.config.ModelSettings;
import io.slinfer.request.ModelId;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

final class DirectoryCatalogueTest {

  private static final Path DEMO = Path.of("models/demo-chat.gguf");
  private static final ModelId MODEL = new ModelId("m");

  @TempDir private Path folder;

  @Test
  void aModelWhoseTokenizerIsNotSupportedIsRefusedAtTheScanWithTheReason() throws Exception {
    Files.copy(DEMO, folder.resolve("good.gguf"));
    byte[] bytes = Files.readAllBytes(DEMO);
    replace(bytes, "gpt2", "bert");
    Files.write(folder.resolve("odd.gguf"), bytes);
    Logger logger = (Logger) LoggerFactory.getLogger(DirectoryCatalogue.class);
    ListAppender<ILoggingEvent> lines = new ListAppender<>();
    lines.start();
    logger.addAppender(lines);
    try (DirectoryCatalogue catalogue = DirectoryCatalogue.open(settings())) {
      assertEquals(
          List.of("good"), catalogue.models().stream().map(model -> model.id().value()).toList());
    } finally {
      logger.detachAppender(lines);
    }
    String said = lines.list.getFirst().getFormattedMessage();
    assertTrue(said.contains("odd.gguf") && said.contains("'bert' is not supported"), said);
  }

  @Test
  void aReplacedFileOfTheSameShapeIsAnotherRevision() throws Exception {
    Path file = folder.resolve("m.gguf");
    Files.copy(DEMO, file);
    try (DirectoryCatalogue catalogue = DirectoryCatalogue.open(settings())) {
      ServedModel before = catalogue.find(MODEL).orElseThrow();
      byte[] bytes = Files.readAllBytes(DEMO);
      bytes[bytes.length - 1] ^= 1;
      Path other = Files.write(folder.resolve("m.part"), bytes);
      Files.move(other, file, StandardCopyOption.ATOMIC_MOVE);
      ServedModel after = awaitChange(catalogue, before);
      assertEquals(before.source().parts(), after.source().parts());
      assertTrue(before.source().revision() < after.source().revision());
    }
  }

  private static ServedModel awaitChange(DirectoryCatalogue catalogue, ServedModel before)
      throws InterruptedException {
    long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (System.nanoTime() - deadlineNanos < 0) {
      ServedModel now = catalogue.find(MODEL).orElse(before);
      if (now != before) {
        return now;
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
    throw new AssertionError("the new file was not noticed");
  }

  private ModelSettings settings() {
    return new ModelSettings(List.of(folder), List.of(), Map.of(), 0, List.of());
  }

  private static void replace(byte[] bytes, String from, String to) {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    byte[] with = to.getBytes(StandardCharsets.ISO_8859_1);
    System.arraycopy(with, 0, bytes, text.indexOf(from), with.length);
  }
}
