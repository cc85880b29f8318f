package io.slinfer.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.config.Settings;
import io.slinfer.gateway.ModelCatalogue;
import io.slinfer.testing.JsonClient;
import io.slinfer.testing.RawClient;
import io.slinfer.testing.SettingsText;
import io.slinfer.testing.TestServer;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

/** What a caller sees of an emulated device. */
final class EmulatedServingTest {

  private static final String YAML =
      """
      devices: {cpu: {engine: emulated, delay: 0}}
      models: {emulated: {imaginary: {profile: llama-2-7b, count: 3, answer-tokens: 20}}}
      """;

  @Test
  void answersAreReadableRepeatableAndLabelled() throws Exception {
    Settings read = SettingsText.parse(YAML);
    Settings settings = read.with(read.http().at(null, 0), read.models());
    EmulatedServing emulated = new EmulatedServing(settings);
    ModelCatalogue catalogue = emulated.catalogue(TestServer.catalogue(16));
    assertEquals(3, catalogue.models().size());
    try (Server server =
        Server.start(settings, NodeDevices.emulated(settings, emulated), catalogue)) {
      String first = ask(server.port());
      assertTrue(first.contains("x-slinfer-engine: emulated"), first);
      assertTrue(first.contains("\"system_fingerprint\":\"slinfer-emulated\""), first);
      assertTrue(first.matches("(?s).*\"content\":\"[a-z ]+\".*"), first);
      assertTrue(first.contains("\"finish_reason\":\"stop\""), first);
      assertEquals(content(first), content(ask(server.port())));
      HttpResponse<String> constrained =
          JsonClient.post(
              "http://127.0.0.1:" + server.port() + "/v1/chat/completions",
              "{\"model\":\"imaginary-001\",\"grammar\":\"root ::= [0-9]{3}\","
                  + "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}");
      assertTrue(
          constrained.body().matches("(?s).*\"content\":\"[0-9]{3}\".*"), constrained.body());
      try (RawClient client = new RawClient(server.port())) {
        client.send("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
        client.readUntil(
            "slinfer_device_emulated{device=\"cpu\",emulated=\"true\",engine=\"emulated\"} 1");
      }
    }
  }

  private static String ask(int port) throws Exception {
    try (RawClient client = new RawClient(port)) {
      client.send(
          RawClient.post(
              "/v1/chat/completions",
              "{\"model\":\"imaginary-001\",\"temperature\":0,"
                  + "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"));
      return client.readUntil("reasoning_tokens\":0}}}");
    }
  }

  private static String content(String answer) {
    return answer.replaceFirst("(?s).*\"content\":\"", "").replaceFirst("\".*", "");
  }
}
