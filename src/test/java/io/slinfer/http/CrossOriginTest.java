package io.slinfer.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.testing.JsonClient;
import io.slinfer.testing.ScriptedEngine.Script;
import io.slinfer.testing.Scripts;
import io.slinfer.testing.TestServer;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What pages of other origins may read. */
final class CrossOriginTest {

  private static final Script ECHO = Script.of(Scripts.SMALL, Scripts.echo());
  private static final String HELLO = "{\"model\":\"a\",\"prompt\":\"hello\"}";

  /** The admin key is "password". */
  private static final String RESTRICTED =
      "http: {cors-origins: ['https://one.example:443', 'app://obsidian.md'], admin: {sha256: "
          + "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8}}";

  private static TestServer open;
  private static TestServer restricted;

  @BeforeAll
  static void start() {
    open = new TestServer("", ECHO, "a");
    restricted = new TestServer(RESTRICTED, ECHO, "a");
  }

  @AfterAll
  static void stop() {
    open.close();
    restricted.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://page.example",
        "app://obsidian.md",
        "chrome-extension://abc",
        "vscode-webview://abc",
        "tauri://localhost",
        "capacitor://localhost",
        "file://",
        "https://sub_domain.example",
        "null",
      })
  void aStarLetsEveryOriginIn(String origin) throws Exception {
    HttpResponse<String> answer = post(open, origin);
    assertEquals(200, answer.statusCode(), answer.body());
    assertEquals("*", header(answer, "access-control-allow-origin"));
    List<String> exposed = List.of(header(answer, "access-control-expose-headers").split(","));
    assertTrue(
        exposed.containsAll(List.of("x-request-id", "request-id", "retry-after", "x-should-retry")),
        exposed.toString());
    HttpResponse<String> preflight = preflight(open, "/v1/completions", origin);
    assertEquals(204, preflight.statusCode());
    assertEquals("*", header(preflight, "access-control-allow-origin"));
    assertEquals("GET,POST,OPTIONS", header(preflight, "access-control-allow-methods"));
    assertEquals("x-api-key", header(preflight, "access-control-allow-headers"));
  }

  @ParameterizedTest
  @CsvSource({
    "https://one.example, true",
    "HTTPS://one.example:443, true",
    "app://obsidian.md, true",
    "https://one.example:8443, false",
    "http://one.example, false",
    "https://one.example.evil.example, false",
    "app://other, false",
    "'*', false",
    "null, false",
  })
  void otherOriginsThanTheListedAreAnsweredWithoutAWord(String origin, boolean allowed)
      throws Exception {
    String expected = allowed ? origin : "";
    HttpResponse<String> answer = post(restricted, origin);
    assertEquals(200, answer.statusCode(), answer.body());
    assertEquals(expected, header(answer, "access-control-allow-origin"));
    assertEquals("origin", header(answer, "vary"));
    HttpResponse<String> preflight = preflight(restricted, "/v1/completions", origin);
    assertEquals(204, preflight.statusCode());
    assertEquals(expected, header(preflight, "access-control-allow-origin"));
    assertEquals(allowed ? "x-api-key" : "", header(preflight, "access-control-allow-headers"));
  }

  @Test
  void theServersOwnPageIsServed() throws Exception {
    HttpResponse<String> answer = post(restricted, restricted.url());
    assertEquals(200, answer.statusCode(), answer.body());
    assertEquals("", header(answer, "access-control-allow-origin"));
  }

  @Test
  void anEmptyListLetsNoOtherOriginRead() throws Exception {
    try (TestServer server = new TestServer("http: {cors-origins: []}", ECHO, "a")) {
      HttpResponse<String> answer = post(server, "https://one.example");
      assertEquals(200, answer.statusCode(), answer.body());
      assertEquals("", header(answer, "access-control-allow-origin"));
    }
  }

  @Test
  void operatorsStillNeedTheirKey() throws Exception {
    String models = restricted.url() + "/admin/models";
    for (String origin : List.of(restricted.url(), "https://one.example", "https://evil.example")) {
      assertEquals(401, JsonClient.get(models, "Origin", origin).statusCode());
    }
    HttpResponse<String> preflight = preflight(restricted, "/admin/models", "https://evil.example");
    assertEquals("", header(preflight, "access-control-allow-origin"));
    assertEquals("", header(preflight, "access-control-allow-methods"));
  }

  private static HttpResponse<String> post(TestServer server, String origin) throws Exception {
    return JsonClient.post(server.url() + "/v1/completions", HELLO, "Origin", origin);
  }

  private static HttpResponse<String> preflight(TestServer server, String path, String origin)
      throws Exception {
    return JsonClient.call(
        "OPTIONS",
        server.url() + path,
        "Origin",
        origin,
        "Access-Control-Request-Method",
        "POST",
        "Access-Control-Request-Headers",
        "x-api-key");
  }

  private static String header(HttpResponse<String> response, String name) {
    return response.headers().firstValue(name).orElse("");
  }
}
