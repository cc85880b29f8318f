package io.slinfer.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.engine.LoadedModel;
import io.slinfer.request.Failure;
import io.slinfer.testing.RawClient;
import io.slinfer.testing.ScriptedEngine.Script;
import io.slinfer.testing.Scripts;
import io.slinfer.testing.TestServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Streams, byte for byte, and how they end. */
final class StreamTest {

  private static final Script ECHO = Script.of(Scripts.SMALL, Scripts.echoUntil('~'));
  private static final Script ENDLESS = Script.of(Scripts.SMALL, Scripts.alphabet());

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "chat-stream|/v1/chat/completions|\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]",
        "chat-stream-usage|/v1/chat/completions|\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]}],\"stream_options\":{\"include_usage\":true}",
        "chat-stream-logprobs|/v1/chat/completions|\"logprobs\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]",
        "chat-stream-reasoning|/v1/chat/completions|\"messages\":[{\"role\":\"user\",\"content\":\"<think>a</think>b\"}]",
        "chat-stream-tools|/v1/chat/completions|\"messages\":[{\"role\":\"user\",\"content\":\"ok <tool_call>{\\\"name\\\":\\\"f\\\",\\\"arguments\\\":{\\\"x\\\":1}}</tool_call>\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]",
        "chat-stream-error|/v1/chat/completions|\"messages\":[{\"role\":\"user\",\"content\":\"hi~\"}]",
        "text-stream-error|/v1/completions|\"prompt\":\"hi~\"",
        "text-stream-echo-logprobs|/v1/completions|\"prompt\":\"hi\",\"echo\":true,\"logprobs\":0",
        "text-stream-logprobs|/v1/completions|\"prompt\":\"hi\",\"logprobs\":0",
        "text-stream-echo|/v1/completions|\"prompt\":\"hi\",\"echo\":true",
        "text-stream-usage|/v1/completions|\"prompt\":[104,105],\"max_tokens\":2,\"stream_options\":{\"include_usage\":true}",
      })
  void equalsItsTranscript(String transcript, String path, String fields) throws Exception {
    try (TestServer server = new TestServer("", ECHO, "demo-chat")) {
      HttpResponse<String> response =
          post(
              server,
              HttpClient.Version.HTTP_1_1,
              path,
              "{\"model\":\"demo-chat\",\"stream\":true," + fields + "}");
      assertEquals(200, response.statusCode());
      assertEquals(
          "text/event-stream; charset=utf-8",
          response.headers().firstValue("content-type").orElse(""));
      String expected = Files.readString(Path.of("src/test/resources/http", transcript + ".txt"));
      assertEquals(expected, withoutIdAndTime(response.body()));
    }
  }

  @Test
  void choicesThatRunTogetherAreInterleaved() throws Exception {
    try (TestServer server = new TestServer("", ECHO, "demo-chat")) {
      server.engine().hold();
      CompletableFuture<HttpResponse<String>> response =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return post(
                      server,
                      HttpClient.Version.HTTP_1_1,
                      "/v1/chat/completions",
                      "{\"model\":\"demo-chat\",\"stream\":true,\"n\":2,"
                          + "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
                } catch (Exception failure) {
                  throw new IllegalStateException(failure);
                }
              });
      server.awaitLiveRequests(2);
      server.engine().release();
      assertEquals(
          Files.readString(Path.of("src/test/resources/http/chat-stream-choices.txt")),
          withoutIdAndTime(response.get().body()));
    }
  }

  @ParameterizedTest
  @EnumSource(HttpClient.Version.class)
  void answersBothVersionsWithABodyInTheUpgradeRequest(HttpClient.Version version)
      throws Exception {
    try (TestServer server = new TestServer("", ECHO, "demo-chat")) {
      String text = "0123456789".repeat(40);
      String body = "{\"model\":\"demo-chat\",\"max_tokens\":900,\"prompt\":\"" + text + "\"";
      HttpResponse<String> whole = post(server, version, "/v1/completions", body + "}");
      assertEquals(200, whole.statusCode());
      assertTrue(whole.body().contains(text));
      HttpResponse<String> stream =
          post(server, version, "/v1/completions", body + ",\"stream\":true}");
      assertEquals(version, stream.version());
      assertEquals(402, stream.body().split("data: ").length - 1);
      server.awaitIdle();
    }
  }

  @Test
  void sendsEachTokenAsItsOwnEventHoweverWritesAreJoined() throws Exception {
    try (TestServer server = new TestServer("", ENDLESS, "demo-chat")) {
      HttpResponse<String> response =
          post(
              server,
              HttpClient.Version.HTTP_1_1,
              "/v1/completions",
              "{\"model\":\"demo-chat\",\"prompt\":\"a\",\"max_tokens\":500,\"stream\":true}");
      assertEquals(502, response.body().split("\n\n").length);
    }
  }

  @Test
  void neverSplitsACharacterOrASurrogatePair() throws Exception {
    try (TestServer server = new TestServer("", ECHO, "demo-chat")) {
      String text = "a€😀é";
      HttpResponse<String> response =
          post(
              server,
              HttpClient.Version.HTTP_1_1,
              "/v1/completions",
              "{\"model\":\"demo-chat\",\"prompt\":\"" + text + "\",\"stream\":true}");
      for (String piece : new String[] {"a", "€", "😀", "é"}) {
        assertTrue(response.body().contains("\"text\":\"" + piece + "\""), response.body());
      }
      assertFalse(response.body().contains("\uFFFD"));
    }
  }

  @Test
  void failsWithAStatusWhileNothingWasSent() throws Exception {
    Script failing = ECHO.failingLoads(source -> new Failure.Internal("tensor blk.0 is missing"));
    try (TestServer server = new TestServer("", failing, "demo-chat")) {
      HttpResponse<String> response =
          post(
              server,
              HttpClient.Version.HTTP_1_1,
              "/v1/completions",
              "{\"model\":\"demo-chat\",\"prompt\":\"a\",\"stream\":true}");
      assertEquals(503, response.statusCode());
      assertTrue(response.body().contains("tensor blk.0 is missing"));
      assertTrue(response.body().contains("\"code\":\"model_loading\""));
      assertEquals("5", response.headers().firstValue("retry-after").orElse(""));
      long millis = Long.parseLong(header(response, "retry-after-ms"));
      assertTrue(millis > 4_000 && millis <= 5_000, () -> "" + millis);
    }
  }

  @Test
  void sendsCommentsWhileAModelLoadsAndAnErrorEventIfThatFails() throws Exception {
    Script slowFailure =
        ECHO.taking(0, TimeUnit.MILLISECONDS.toNanos(400))
            .failingLoads(source -> new Failure.Internal("out of luck"));
    try (TestServer server =
        new TestServer("http: {heartbeat: 100 ms}", slowFailure, "demo-chat")) {
      HttpResponse<String> response =
          post(
              server,
              HttpClient.Version.HTTP_1_1,
              "/v1/chat/completions",
              "{\"model\":\"demo-chat\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"stream\":true}");
      assertEquals(200, response.statusCode());
      assertTrue(response.body().contains(": waiting\n\n"), response.body());
      assertTrue(
          response
              .body()
              .endsWith(
                  "\"type\":\"server_error\",\"param\":null,\"code\":\"model_loading\"}}\n\n"),
          response.body());
      assertFalse(response.body().contains("[DONE]"));
    }
  }

  @Test
  void answersPipelinedRequestsInOrder() throws Exception {
    try (TestServer server = new TestServer("", ECHO, "demo-chat");
        RawClient client = new RawClient(server.port())) {
      StringBuilder requests = new StringBuilder();
      for (int i = 0; i < 5; i++) {
        requests.append(
            RawClient.post(
                "/v1/completions", "{\"model\":\"demo-chat\",\"prompt\":\"request-" + i + "\"}"));
      }
      client.send(requests.toString());
      String answers = client.readUntil("request-4\"");
      int last = -1;
      for (int i = 0; i < 5; i++) {
        int at = answers.indexOf("request-" + i + "\"");
        assertTrue(at > last, answers);
        last = at;
      }
    }
  }

  @Test
  void refusesWhatTheInboxHasNoRoomFor() throws Exception {
    try (TestServer server = new TestServer("devices: {cpu: {max-waiting: 2}}", ECHO, "demo-chat");
        RawClient first = new RawClient(server.port());
        RawClient second = new RawClient(server.port())) {
      server.engine().hold();
      String body = "{\"model\":\"demo-chat\",\"prompt\":\"a\"}";
      first.send(RawClient.post("/v1/completions", body));
      second.send(RawClient.post("/v1/completions", body));
      server.awaitLiveRequests(2);
      HttpResponse<String> third =
          post(server, HttpClient.Version.HTTP_1_1, "/v1/completions", body);
      assertEquals(429, third.statusCode(), third.body());
      assertTrue(third.body().contains("\"type\":\"rate_limit_error\""), third.body());
      long millis = Long.parseLong(header(third, "retry-after-ms"));
      assertTrue(millis >= 1_000 && millis <= 10_000, () -> "" + millis);
      assertEquals(Long.toString(Math.ceilDiv(millis, 1_000)), header(third, "retry-after"));
      assertEquals("true", header(third, "x-should-retry"));
      assertEquals("2", header(third, "x-ratelimit-limit-requests"));
      assertEquals("0", header(third, "x-ratelimit-remaining-requests"));
      assertTrue(
          header(third, "x-ratelimit-reset-requests").matches("[0-9]+(\\.[0-9]{1,3})?s"),
          () -> header(third, "x-ratelimit-reset-requests"));
      server.engine().release();
      assertTrue(first.readUntil("\"finish_reason\"").contains(" 200 OK"));
      assertTrue(second.readUntil("\"finish_reason\"").contains(" 200 OK"));
      server.awaitIdle();
    }
  }

  @ParameterizedTest
  @CsvSource({"250,250ms", "1000,1s", "1500,1.5s", "10000,10s", "360000,6m0s", "3600020,1h0m0.02s"})
  void writesDurationsAsOpenAiDoes(long millis, String text) {
    assertEquals(text, ErrorAnswer.duration(millis));
  }

  @Test
  void tellsAtMostAMinuteToWait() {
    ErrorAnswer answer =
        ErrorAnswer.of(new Failure.Overloaded("full", "queue_full", 9, 90_000, 90_000));
    assertEquals("60", answer.headers().get("retry-after"));
    assertEquals("60000", answer.headers().get("retry-after-ms"));
    assertEquals("1m30s", answer.headers().get("x-ratelimit-reset-requests"));
  }

  @Test
  void closesASilentConnectionButNoStreamThatWaits() throws Exception {
    Script slowLoad = ECHO.taking(0, TimeUnit.MILLISECONDS.toNanos(1_500));
    String settings = "http: {heartbeat: 100 ms, idle-timeout: 1 s}";
    try (TestServer server = new TestServer(settings, slowLoad, "demo-chat");
        RawClient silent = new RawClient(server.port());
        RawClient caller = new RawClient(server.port())) {
      caller.send(
          RawClient.post(
              "/v1/completions", "{\"model\":\"demo-chat\",\"prompt\":\"a\",\"stream\":true}"));
      assertTrue(silent.closedInSilence());
      assertTrue(caller.readUntil("[DONE]").contains(": waiting"));
    }
  }

  @Test
  void cutsOffAReaderThatTakesNothing() throws Exception {
    String settings = "http: {max-pending: 16 KiB, slow-client: 1 s, heartbeat: 1 s}";
    LoadedModel roomy = new LoadedModel(1 << 20, 16, 1, 1 << 17, 1 << 20, 258);
    Script endless = Script.of(roomy, Scripts.alphabet());
    try (TestServer server = new TestServer(settings, endless, 2 << 20, "demo-chat");
        RawClient client = new RawClient(server.port())) {
      client.send(
          RawClient.post(
              "/v1/completions",
              "{\"model\":\"demo-chat\",\"prompt\":\"a\",\"max_tokens\":1000000,\"stream\":true}"));
      client.readUntil("data: ");
      server.awaitIdle();
    }
  }

  private static HttpResponse<String> post(
      TestServer server, HttpClient.Version version, String path, String body) throws Exception {
    try (HttpClient client = HttpClient.newBuilder().version(version).build()) {
      return client.send(
          HttpRequest.newBuilder(URI.create(server.url() + path))
              .header("Content-Type", "application/json")
              .POST(BodyPublishers.ofString(body, StandardCharsets.UTF_8))
              .build(),
          BodyHandlers.ofString(StandardCharsets.UTF_8));
    }
  }

  private static String header(HttpResponse<String> response, String name) {
    return response.headers().firstValue(name).orElse("");
  }

  private static String withoutIdAndTime(String stream) {
    long ids =
        stream
            .lines()
            .filter(line -> line.contains("\"id\":"))
            .map(line -> line.split("\"")[3])
            .distinct()
            .count();
    assertEquals(1, ids, stream);
    return stream
        .replaceAll("\"id\":\"(chatcmpl|cmpl)-[0-9A-Za-z]{24}\"", "\"id\":\"ID\"")
        .replaceAll("\"id\":\"call_[0-9A-Za-z]{24}\"", "\"id\":\"CALL\"")
        .replaceAll("\"created\":1[0-9]{9}", "\"created\":0");
  }
}
