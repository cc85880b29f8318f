package io.slinfer.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.config.Settings;
import io.slinfer.gateway.DirectoryCatalogue;
import io.slinfer.load.CallRecord;
import io.slinfer.load.CallRecord.Outcome;
import io.slinfer.load.LoadClient;
import io.slinfer.load.PlannedCall;
import io.slinfer.model.LlamaShape;
import io.slinfer.model.QuantisationMix;
import io.slinfer.model.RandomLlama;
import io.slinfer.model.gguf.GgufFile;
import io.slinfer.testing.SettingsText;
import io.vertx.core.Vertx;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two small models of long context on the real engine: one reads a book while the other talks. */
final class LongPromptTest {

  private static final int BOOK_TOKENS = 30_000;
  private static final int TALK_TOKENS = 400;
  private static final double TPOT_SECONDS = 0.25;

  @TempDir private Path folder;

  @Test
  void thirtyThousandTokensPushNoOtherModelOverItsTimePerToken() throws Exception {
    for (String id : List.of("reader", "talker")) {
      try (GgufFile demo = GgufFile.open(Path.of("models/demo-chat.gguf"))) {
        new RandomLlama(
                new LlamaShape(128, 4, 4, 1, 384, 4_000, true),
                QuantisationMix.Q8_0,
                demo.metadata(),
                1)
            .write(folder.resolve(id + ".gguf"));
      }
    }
    Settings read =
        SettingsText.parse(
            "models: {directories: ['"
                + folder
                + "']}\ndevices: {cpu: {memory: 512 MiB}}\nserving: {best-effort: [reader]}");
    Settings settings = read.with(read.http().at("127.0.0.1", 0), read.models());
    Vertx vertx = Vertx.vertx();
    try (DirectoryCatalogue catalogue = DirectoryCatalogue.open(settings.models());
        Server server = Server.start(settings, NodeDevices.real(settings), catalogue);
        LoadClient client =
            new LoadClient(
                vertx,
                new LoadClient.Target(
                    URI.create("http://127.0.0.1:" + server.port()), "", 300, 2_900))) {
      int stays = PlannedCall.NEVER;
      List<CallRecord> records =
          client
              .run(
                  List.of(
                      new PlannedCall("talker", 0, 20, 4, stays),
                      new PlannedCall("reader", 500_000_000L, BOOK_TOKENS, 2, stays),
                      new PlannedCall("talker", 600_000_000L, 20, TALK_TOKENS, stays)),
                  1)
              .await(5, TimeUnit.MINUTES);
      CallRecord book = records.get(1);
      CallRecord talk = records.get(2);
      assertEquals(Outcome.COMPLETED, book.outcome(), book.error());
      assertEquals(Outcome.COMPLETED, talk.outcome(), talk.error());
      assertTrue(
          talk.tokenNanos()[0] < book.tokenNanos()[0], "the talk began when the book was read");
      assertTrue(
          talk.timePerOutputTokenSeconds() <= TPOT_SECONDS,
          talk.timePerOutputTokenSeconds() + " s a token");
    } finally {
      vertx.close().await();
    }
  }
}
