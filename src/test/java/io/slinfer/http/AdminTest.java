package io.slinfer.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.slinfer.config.SettingsException;
import io.slinfer.request.Failure;
import io.slinfer.testing.JsonClient;
import io.slinfer.testing.RawClient;
import io.slinfer.testing.ScriptedEngine.Script;
import io.slinfer.testing.Scripts;
import io.slinfer.testing.SettingsText;
import io.slinfer.testing.TestServer;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What operators see and do on a server with a scripted engine. */
final class AdminTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String OWN_PORT = "http: {admin: {port: 0}}";
  private static final String KEY_HASH =
      "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"; // "password"
  private static final Script OK = Script.of(Scripts.SMALL, Scripts.saying("ok"));

  @Test
  void modelsLoadStayAndLeaveAsTheOperatorSays() throws Exception {
    String yaml = OWN_PORT + "\nserving: {keep-alive: 0 s, least-residence: 0 s}";
    try (TestServer server = new TestServer(yaml, OK, "one", "two")) {
      assertEquals(List.of("cold", "cold"), states(server));
      assertEquals(200, admin(server, "POST", "models/one/pin").statusCode());
      assertEquals(200, admin(server, "POST", "models/one/load").statusCode());
      awaitState(server, "one", "loaded");
      JsonNode one = JSON.readTree(admin(server, "GET", "models/one").body());
      assertTrue(one.get("pinned").booleanValue(), one::toString);
      assertEquals(200, ask(server, "one").statusCode());
      assertEquals(List.of("loaded", "cold"), states(server), "a pinned model stays");
      HttpResponse<String> refusal = admin(server, "POST", "models/one/unload");
      assertEquals(400, refusal.statusCode());
      assertTrue(refusal.body().contains("unpin it first"), refusal.body());
      assertEquals(200, admin(server, "POST", "models/one/unpin").statusCode());
      awaitState(server, "one", "cold");
      JsonNode device = JSON.readTree(admin(server, "GET", "devices").body()).at("/data/0");
      assertEquals(0, device.get("promised_bytes").longValue(), device::toString);
      assertEquals(3 << 20, device.get("capacity_bytes").longValue(), device::toString);
      assertEquals(404, admin(server, "POST", "models/three/load").statusCode());
    }
  }

  @Test
  void aLoadThatFailsCoolsDownAndSaysWhy() throws Exception {
    Script broken =
        OK.failingLoads(source -> new Failure.Unavailable("tensor 7 is cut off", "broken", 1_000));
    try (TestServer server = new TestServer(OWN_PORT, broken, "one")) {
      admin(server, "POST", "models/one/load");
      awaitState(server, "one", "failed");
      JsonNode failure = JSON.readTree(admin(server, "GET", "models/one").body()).get("failure");
      assertTrue(
          failure.get("message").textValue().contains("tensor 7 is cut off"), failure::toString);
      assertTrue(failure.get("retry_after_ms").longValue() > 0, failure::toString);
      HttpResponse<String> again = admin(server, "POST", "models/one/load");
      assertEquals(503, again.statusCode());
      assertTrue(again.body().contains("tensor 7 is cut off"), again.body());
      assertEquals(1, server.engine().loads().size());
    }
  }

  @Test
  void aBusyModelServesWhatItHasThenLeavesOrIsForcedTo() throws Exception {
    try (TestServer server = new TestServer(OWN_PORT, OK, "one")) {
      assertEquals(200, ask(server, "one").statusCode());
      server.engine().hold();
      CompletableFuture<HttpResponse<String>> patient = later(server);
      server.awaitLiveRequests(1);
      assertEquals(200, admin(server, "POST", "models/one/unload").statusCode());
      assertEquals(0, server.engine().unloads().size());
      server.engine().release();
      assertEquals(200, patient.get(10, TimeUnit.SECONDS).statusCode());
      awaitState(server, "one", "cold");
      server.engine().hold();
      CompletableFuture<HttpResponse<String>> forced = later(server);
      server.awaitLiveRequests(1);
      HttpResponse<String> answer =
          JsonClient.post(server.adminUrl() + "/admin/models/one/unload", "{\"force\":true}");
      assertEquals(200, answer.statusCode(), answer.body());
      server.engine().release();
      HttpResponse<String> ended = forced.get(10, TimeUnit.SECONDS);
      assertEquals(503, ended.statusCode());
      assertTrue(ended.body().contains("model_unloaded"), ended.body());
      awaitState(server, "one", "cold");
      server.awaitIdle();
    }
  }

  @Test
  void requestsAreListedAndCanBeCancelled() throws Exception {
    try (TestServer server = new TestServer(OWN_PORT, OK, "one")) {
      server.engine().hold();
      CompletableFuture<HttpResponse<String>> call = later(server);
      server.awaitLiveRequests(1);
      JsonNode request = awaitPhase(server, "loading");
      assertEquals("ann", request.get("caller").textValue());
      assertEquals(3, request.get("priority").intValue());
      assertTrue(request.get("age_ms").doubleValue() > 0, request::toString);
      assertTrue(request.get("slack_ms").doubleValue() > 0, request::toString);
      JsonNode instance = JSON.readTree(admin(server, "GET", "instances").body()).at("/data/0");
      assertEquals(instance.get("id"), request.get("instance"));
      assertEquals("loading", instance.get("state").textValue());
      server.engine().releaseOne();
      String id = awaitPhase(server, "prefill").get("id").textValue();
      assertEquals(404, admin(server, "DELETE", "requests/cmpl-none").statusCode());
      String known = id.substring(0, id.lastIndexOf('.'));
      assertEquals(200, admin(server, "DELETE", "requests/" + known).statusCode());
      server.engine().release();
      HttpResponse<String> ended = call.get(10, TimeUnit.SECONDS);
      assertEquals(499, ended.statusCode());
      assertTrue(ended.body().contains("The operator cancelled"), ended.body());
      server.awaitIdle();
    }
  }

  @Test
  void isNeverOnThePublicPortWithoutAKey() throws Exception {
    try (TestServer server = new TestServer("", OK, "one")) {
      assertEquals(404, JsonClient.get(server.url() + "/admin/models").statusCode());
    }
    try (TestServer server = new TestServer(OWN_PORT, OK, "one")) {
      assertEquals(404, JsonClient.get(server.url() + "/admin/models").statusCode());
      assertEquals(200, admin(server, "GET", "models").statusCode());
      try (RawClient stranger = new RawClient(Integer.parseInt(server.adminUrl().substring(17)))) {
        stranger.send("GET /admin/models HTTP/1.1\r\nHost: evil.example\r\n\r\n");
        assertTrue(stranger.readUntil("}}").contains(" 403 "));
      }
    }
    String keyed = "http: {admin: {sha256: " + KEY_HASH + "}}";
    try (TestServer server = new TestServer(keyed, OK, "one")) {
      String models = server.url() + "/admin/models";
      assertEquals(401, JsonClient.get(models).statusCode());
      assertEquals(401, JsonClient.get(models, "Authorization", "Bearer guess").statusCode());
      assertEquals(200, JsonClient.get(models, "Authorization", "Bearer password").statusCode());
      assertEquals(200, ask(server, "one").statusCode(), "others need no key");
    }
    SettingsException open =
        assertThrows(
            SettingsException.class,
            () -> SettingsText.parse("http: {admin: {port: 0, host: 0.0.0.0}}"));
    assertTrue(open.getMessage().contains("http.admin.host"), open.getMessage());
  }

  @Test
  void theDescriptionHasEveryPathAndMethod() throws Exception {
    try (TestServer server = new TestServer(OWN_PORT, OK, "one")) {
      JsonNode description =
          JSON.readTree(JsonClient.get(server.adminUrl() + "/admin/openapi.json").body());
      Map<String, String> described = new TreeMap<>();
      for (Map.Entry<String, JsonNode> path : description.get("paths").properties()) {
        List<String> methods = new java.util.ArrayList<>();
        path.getValue().fieldNames().forEachRemaining(methods::add);
        methods.remove("parameters");
        described.put(
            path.getKey().replace("{id}", ":id"),
            String.join(" ", methods).toUpperCase(java.util.Locale.ROOT));
      }
      assertEquals(new TreeMap<>(server.adminPaths()), described);
      assertEquals(405, admin(server, "DELETE", "devices").statusCode());
      assertFalse(described.isEmpty());
    }
  }

  private static HttpResponse<String> admin(TestServer server, String method, String path)
      throws Exception {
    return JsonClient.call(method, server.adminUrl() + "/admin/" + path);
  }

  private static List<String> states(TestServer server) throws Exception {
    JsonNode data = JSON.readTree(admin(server, "GET", "models").body()).get("data");
    return data.findValuesAsText("state");
  }

  private static void awaitState(TestServer server, String model, String state) throws Exception {
    await(() -> admin(server, "GET", "models/" + model).body().contains("\"state\":\"" + state));
  }

  private static JsonNode awaitPhase(TestServer server, String phase) throws Exception {
    await(() -> admin(server, "GET", "requests").body().contains("\"phase\":\"" + phase));
    return JSON.readTree(admin(server, "GET", "requests").body()).at("/data/0");
  }

  /** Waits for what another thread brings about. */
  private static void await(java.util.concurrent.Callable<Boolean> wanted) throws Exception {
    long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!wanted.call()) {
      assertTrue(System.nanoTime() - deadlineNanos < 0, "it did not happen within 20 s");
      Thread.onSpinWait();
    }
  }

  private static CompletableFuture<HttpResponse<String>> later(TestServer server) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return ask(server, "one");
          } catch (Exception failure) {
            throw new IllegalStateException(failure);
          }
        });
  }

  private static HttpResponse<String> ask(TestServer server, String model) throws Exception {
    return JsonClient.post(
        server.url() + "/v1/completions",
        "{\"model\":\"" + model + "\",\"prompt\":\"a\",\"user\":\"ann\",\"priority\":3}");
  }
}
