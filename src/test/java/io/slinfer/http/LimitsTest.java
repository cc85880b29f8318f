package io.slinfer.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.config.SettingsException;
import io.slinfer.testing.JsonClient;
import io.slinfer.testing.PemIdentity;
import io.slinfer.testing.RawClient;
import io.slinfer.testing.ScriptedEngine.Script;
import io.slinfer.testing.Scripts;
import io.slinfer.testing.SettingsText;
import io.slinfer.testing.TestServer;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the server asks of connections and callers, and how it stops. */
final class LimitsTest {

  private static final Script ECHO = Script.of(Scripts.SMALL, Scripts.echo());
  private static final String CHAT =
      "{\"model\":\"a\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
  private static final String STREAM =
      "{\"model\":\"a\",\"prompt\":\"x\",\"max_tokens\":900,\"stream\":true}";

  /** SHA-256 of "key-one"; it may call model a only. */
  private static final String KEYS =
      "http: {api-keys: {one: {sha256: "
          + "9b346041bc9a49574eb2665b2ad2a0a3f9f9cce4e42f5d1f26deb8a256b5966a"
          + ", models: [a]}}}";

  @Test
  void answersPipelinedRequestsInOrder() throws Exception {
    try (TestServer server = new TestServer("", ECHO, "a");
        RawClient client = new RawClient(server.port())) {
      StringBuilder bytes = new StringBuilder();
      for (int i = 0; i < 5; i++) {
        bytes.append(
            RawClient.post("/v1/completions", "{\"model\":\"a\",\"prompt\":\"answer " + i + "\"}"));
      }
      client.send(bytes.toString());
      String received = client.readUntil("answer 4");
      for (int i = 1; i < 5; i++) {
        assertTrue(received.indexOf("answer " + (i - 1)) < received.indexOf("answer " + i));
      }
    }
  }

  @Test
  void keepsTheConnectionAfterARefusal() throws Exception {
    try (TestServer server = new TestServer("", ECHO, "a");
        RawClient client = new RawClient(server.port())) {
      for (String path : new String[] {"/v1/chat/completions", "/v1/messages", "/v1/embeddings"}) {
        client.send(
            RawClient.post(
                path, CHAT.replace("{\"model\":\"a\"", "{\"input\":\"x\",\"model\":\"b\"")));
      }
      client.send(RawClient.post("/v1/completions", "{\"model\":\"a\",\"prompt\":\"still\"}"));
      String received = client.readUntil("still");
      assertEquals(4, received.split("HTTP/1.1 404").length, received);
    }
  }

  @Test
  void speaksHttp2FromTheFirstByte() throws Exception {
    Vertx vertx = Vertx.vertx();
    try (TestServer server = new TestServer("", ECHO, "a")) {
      HttpClientOptions options =
          new HttpClientOptions()
              .setProtocolVersion(HttpVersion.HTTP_2)
              .setHttp2ClearTextUpgrade(false);
      String body =
          vertx
              .createHttpClient(options)
              .request(HttpMethod.POST, server.port(), "127.0.0.1", "/v1/chat/completions")
              .compose(request -> request.send(CHAT))
              .compose(
                  response -> {
                    assertEquals(HttpVersion.HTTP_2, response.version());
                    return response.body();
                  })
              .await(10, TimeUnit.SECONDS)
              .toString();
      assertTrue(body.contains("\"content\":\"hi\""), body);
    } finally {
      vertx.close().await(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void servesOverTlsFromPemFiles(@TempDir Path folder) throws Exception {
    PemIdentity identity = PemIdentity.in(folder);
    String settings =
        "http: {tls: {certificate: " + identity.certificate() + ", key: " + identity.key() + "}}";
    try (TestServer server = new TestServer(settings, ECHO, "a");
        HttpClient client = HttpClient.newBuilder().sslContext(identity.trusting()).build()) {
      HttpResponse<String> response =
          client.send(
              HttpRequest.newBuilder(
                      URI.create("https://localhost:" + server.port() + "/v1/chat/completions"))
                  .header("Content-Type", "application/json")
                  .POST(BodyPublishers.ofString(CHAT))
                  .build(),
              BodyHandlers.ofString());
      assertEquals(200, response.statusCode());
      assertEquals(HttpClient.Version.HTTP_2, response.version());
    }
  }

  @Test
  void namesATlsFileThatIsNotThere() {
    SettingsException refusal =
        assertThrows(
            SettingsException.class,
            () ->
                SettingsText.parse("http: {tls: {certificate: /nowhere.pem, key: /nowhere.key}}"));
    assertTrue(refusal.getMessage().contains("http.tls.certificate: /nowhere.pem"));
  }

  @ParameterizedTest
  @CsvSource({
    "x-api-key, key-one, /v1/messages, a, 200",
    "authorization, Bearer key-one, /v1/messages, a, 200",
    "authorization, Bearer key-one, /v1/chat/completions, b, 403",
    "x-api-key, key-one, /v1/messages, b, 403",
    "x-api-key, key-one, /api/chat, b, 403",
    "x-api-key, key-two, /v1/messages, a, 401",
    "authorization, Basic key-one, /v1/chat/completions, a, 401",
    "x-nothing, key-one, /v1/responses, a, 401",
    "x-nothing, key-one, /api/chat, a, 401",
    "x-nothing, key-one, /tokenize, a, 401",
  })
  void letsAKeyCallItsModelsOnly(String header, String value, String path, String model, int status)
      throws Exception {
    try (TestServer server = new TestServer(KEYS, ECHO, "a", "b")) {
      HttpResponse<String> response =
          JsonClient.post(
              server.url() + path, CHAT.replace("\"a\"", "\"" + model + "\""), header, value);
      assertEquals(status, response.statusCode(), response.body());
      if (status == 401) {
        assertEquals("Bearer", response.headers().firstValue("www-authenticate").orElse(""));
      }
      boolean typed = path.equals("/v1/messages") && status != 200;
      assertEquals(typed, response.body().startsWith("{\"type\":\"error\""), response.body());
    }
  }

  @Test
  void hidesModelsThatAKeyMayNotCall() throws Exception {
    try (TestServer server = new TestServer(KEYS, ECHO, "a", "b")) {
      String key = "Bearer key-one";
      String list = JsonClient.get(server.url() + "/v1/models", "authorization", key).body();
      assertTrue(list.contains("\"id\":\"a\"") && !list.contains("\"id\":\"b\""), list);
      assertEquals(
          404, JsonClient.get(server.url() + "/v1/models/b", "authorization", key).statusCode());
      assertEquals(200, JsonClient.get(server.url() + "/health").statusCode());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "GET /v1/models HTTP/1.1|Host: a|X-Long: 40000, 431, headers_too_large",
    "GET /40000 HTTP/1.1|Host: a, 414, uri_too_long",
    "NOT A REQUEST AT ALL|Host: a, 400, malformed_http",
    "GET /v1/%zz HTTP/1.1|Host: a, 400, malformed_path",
  })
  void answersAHeadThatIsTooLongOrNoHttp(String head, int status, String code) throws Exception {
    try (TestServer server = new TestServer("", ECHO, "a");
        RawClient client = new RawClient(server.port())) {
      client.send(head.replace("|", "\r\n").replace("40000", "x".repeat(40_000)) + "\r\n\r\n");
      String received = client.readUntil("\"code\":\"" + code + "\"");
      assertTrue(received.substring(9).startsWith(status + " "), received);
    }
  }

  @Test
  void endsAnAnswerThatTakesTooLong() throws Exception {
    Script slow =
        Script.of(Scripts.SMALL, Scripts.alphabet()).taking(TimeUnit.MILLISECONDS.toNanos(20), 0);
    try (TestServer server = new TestServer("http: {request-timeout: 1 s}", slow, "a")) {
      String stream = JsonClient.post(server.url() + "/v1/completions", STREAM).body();
      assertTrue(stream.endsWith("\"code\":\"request_timeout\"}}\n\n"), stream);
      HttpResponse<String> whole =
          JsonClient.post(
              server.url() + "/v1/completions", STREAM.replace("\"stream\":true", "\"n\":1"));
      assertEquals(503, whole.statusCode());
      server.awaitIdle();
    }
  }

  @Test
  void finishesStreamsWhenToldToStopAndRefusesNewWork() throws Exception {
    TestServer server = new TestServer("", Script.of(Scripts.SMALL, Scripts.alphabet()), "a");
    try (RawClient caller = new RawClient(server.port());
        RawClient other = new RawClient(server.port());
        RawClient probe = new RawClient(server.port())) {
      server.engine().hold();
      caller.send(RawClient.post("/v1/completions", STREAM));
      server.awaitLiveRequests(1);
      CompletableFuture<Void> closing = CompletableFuture.runAsync(server::close);
      String health = "";
      while (!health.startsWith("HTTP/1.1 503")) {
        try (RawClient asking = new RawClient(server.port())) {
          asking.send("GET /health/ready HTTP/1.1\r\nHost: a\r\n\r\n");
          health = asking.readUntil("}");
        }
      }
      probe.send("GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n");
      assertTrue(probe.readUntil("ok").startsWith("HTTP/1.1 200"));
      other.send(RawClient.post("/v1/completions", STREAM));
      String refused = other.readUntil("\"code\":\"draining\"");
      assertTrue(refused.startsWith("HTTP/1.1 503"), refused);
      assertTrue(refused.contains("connection: close"), refused);
      server.engine().release();
      caller.readUntil("data: [DONE]");
      closing.get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void cancelsWithAClearEventWhatDoesNotEndInTime() throws Exception {
    Script slow =
        Script.of(Scripts.SMALL, Scripts.alphabet()).taking(TimeUnit.MILLISECONDS.toNanos(50), 0);
    TestServer server = new TestServer("http: {drain: 200 ms}", slow, "a");
    try (RawClient openai = new RawClient(server.port());
        RawClient anthropic = new RawClient(server.port())) {
      openai.send(RawClient.post("/v1/completions", STREAM));
      anthropic.send(RawClient.post("/v1/messages", CHAT.replace("9", "900,\"stream\":true")));
      openai.readUntil("data: ");
      anthropic.readUntil("content_block_delta");
      server.close();
      String end = openai.readUntil("\"code\":\"draining\"");
      assertTrue(end.contains("The server stopped before this answer was complete."), end);
      assertTrue(anthropic.readUntil("event: error").contains("content_block_delta"));
    }
  }
}
