package io.slinfer.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.config.Settings;
import io.slinfer.gateway.DirectoryCatalogue;
import io.slinfer.testing.RawClient;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What `serve` gives with nothing configured, but for the port. */
final class DemoModelsTest {

  @Test
  void answersAQuestionAndGoesOnWithAStory() throws Exception {
    Settings bundled = Settings.read(Path.of("conf/slinfer.yaml"));
    Settings settings = bundled.with(bundled.http().at(null, 0), bundled.models());
    try (DirectoryCatalogue catalogue = DirectoryCatalogue.open(settings.models());
        Server server = Server.start(settings, NodeDevices.real(settings), catalogue);
        RawClient client = new RawClient(server.port())) {
      assertEquals("demo-chat", catalogue.models().getFirst().id().value());
      client.send(
          RawClient.post(
              "/v1/chat/completions",
              "{\"model\":\"demo-chat\",\"temperature\":0,\"messages\":[{\"role\":\"user\","
                  + "\"content\":\"What color is the sky?\"}]}"));
      assertTrue(client.readUntil("\"usage\"").contains("\"content\":\"The sky is blue.\""));
      client.send(
          RawClient.post(
              "/v1/completions",
              "{\"model\":\"demo-story\",\"temperature\":0,\"prompt\":\"Once upon a time\","
                  + "\"max_tokens\":24}"));
      String story = client.readUntil("text_completion\"");
      assertTrue(story.contains(" 200 OK"), story);
    }
  }
}
