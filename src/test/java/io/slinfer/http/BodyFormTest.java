package io.slinfer.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.testing.JsonClient;
import io.slinfer.testing.RawClient;
import io.slinfer.testing.ScriptedEngine.Script;
import io.slinfer.testing.Scripts;
import io.slinfer.testing.TestServer;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies that cannot be read, by what their heads say or by what they are. */
final class BodyFormTest {

  private static final String HELLO = "{\"model\":\"a\",\"prompt\":\"hello\"}";

  private static TestServer server;

  @BeforeAll
  static void start() {
    server = new TestServer("", Script.of(Scripts.SMALL, Scripts.echo()), "a");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void asksOnceForABodyThatWaits() throws Exception {
    try (RawClient client = new RawClient(server.port())) {
      client.send(head("100-continue", HELLO.length()));
      client.readUntil("100 Continue\r\n\r\n");
      client.send(HELLO);
      String received = client.readUntil("\"usage\"");
      assertTrue(received.contains("HTTP/1.1 200"), received);
      assertEquals(2, received.split("100 Continue", -1).length, received);
    }
  }

  @Test
  void refusesATooLongBodyBeforeItIsSent() throws Exception {
    try (RawClient client = new RawClient(server.port())) {
      client.send(head("100-continue", 99_999_999));
      String received = client.readUntil("\"code\":\"body_too_large\"");
      assertTrue(received.startsWith("HTTP/1.1 413"), received);
    }
  }

  @Test
  void refusesAnExpectationThatItDoesNotKnow() throws Exception {
    try (RawClient client = new RawClient(server.port())) {
      client.send(head("bogus", HELLO.length()) + HELLO);
      String received = client.readUntil("\"code\":\"expectation_failed\"");
      assertTrue(received.startsWith("HTTP/1.1 417"), received);
      assertTrue(received.contains("Expect is bogus"), received);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "br", "identity, gzip"})
  void namesTheEncodingOfAPackedBody(String encoding) throws Exception {
    for (String path : posts()) {
      HttpResponse<String> answer =
          JsonClient.post(server.url() + path, HELLO, "Content-Encoding", encoding);
      assertEquals(415, answer.statusCode(), path + ": " + answer.body());
      assertTrue(answer.body().contains("Content-Encoding is " + encoding + ";"), answer.body());
    }
    assertEquals(
        200,
        JsonClient.post(server.url() + "/v1/completions", HELLO, "Content-Encoding", "Identity")
            .statusCode());
  }

  @Test
  void saysWhatIsTooDeepOrTooLong() throws Exception {
    Map<String, String> bodies =
        Map.of(
            "{\"x\":" + "[".repeat(1_001) + "]".repeat(1_001) + "}", "nesting depth",
            "{\"x\":" + "1".repeat(1_001) + "}", "Number value length",
            "{\"" + "x".repeat(60_000) + "\":1}", "Name length");
    for (String path : posts()) {
      for (Map.Entry<String, String> body : bodies.entrySet()) {
        HttpResponse<String> answer = JsonClient.post(server.url() + path, body.getKey());
        assertEquals(400, answer.statusCode(), path + ": " + answer.body());
        assertTrue(answer.body().contains(body.getValue()), path + ": " + answer.body());
        assertFalse(answer.body().contains("StreamReadConstraints"), answer.body());
      }
    }
  }

  @Test
  void tellsWhereJsonBreaksWithoutTheParsersOwnWords() throws Exception {
    String unclosed = JsonClient.post(server.url() + "/v1/completions", "{\"a\":\n [1]").body();
    assertFalse(unclosed.contains("REDACTED"), unclosed);
    assertFalse(unclosed.contains("StreamReadFeature"), unclosed);
    assertTrue(unclosed.contains("(start marker at [line: 1, column: 1])"), unclosed);
    assertTrue(unclosed.contains("(line 2, column 5)"), unclosed);
  }

  @Test
  void saysThatARequestHasNoHost() throws Exception {
    try (RawClient client = new RawClient(server.port())) {
      client.send("GET /v1/models HTTP/1.1\r\n\r\n");
      String received = client.readUntil("\"code\":\"malformed_http\"");
      assertTrue(received.startsWith("HTTP/1.1 400"), received);
      assertTrue(received.contains("The request is not valid HTTP: "), received);
      assertTrue(received.contains("'Host' header"), received);
    }
  }

  private static List<String> posts() {
    return server.paths().entrySet().stream()
        .filter(path -> path.getValue().equals("POST"))
        .map(Map.Entry::getKey)
        .toList();
  }

  private static String head(String expect, int bytes) {
    return "POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nExpect: "
        + expect
        + "\r\nContent-Length: "
        + bytes
        + "\r\n\r\n";
  }
}
