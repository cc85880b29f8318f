package io.slinfer.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.testing.RawClient;
import io.slinfer.testing.ScriptedEngine.Script;
import io.slinfer.testing.Scripts;
import io.slinfer.testing.TestServer;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class SlowHeadsTest {

  private static final String GET = "GET /health HTTP/1.1\r\nHost: test\r\n";
  private static TestServer server;

  @BeforeAll
  static void start() {
    server =
        new TestServer(
            "http: {slow-client: 1 s}", Script.of(Scripts.SMALL, Scripts.alphabet()), "demo-chat");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void aHeadThatTricklesIsCut() throws Exception {
    try (RawClient client = new RawClient(server.port())) {
      client.send(GET);
      assertThrows(IOException.class, () -> trickle(client));
    }
  }

  @Test
  void aConnectionThatSendsNothingIsCut() throws Exception {
    try (RawClient client = new RawClient(server.port())) {
      assertTrue(client.closedInSilence());
    }
  }

  @Test
  void aLaterHeadThatTricklesIsCutToo() throws Exception {
    try (RawClient client = new RawClient(server.port())) {
      client.send(GET + "\r\n");
      client.readUntil("{\"status\":\"ok\"}");
      client.send(GET);
      assertThrows(IOException.class, () -> trickle(client));
    }
  }

  @Test
  void anIdleConnectionAndALongAnswerAreNot() throws Exception {
    try (RawClient client = new RawClient(server.port())) {
      client.send(GET + "\r\n");
      client.readUntil("{\"status\":\"ok\"}");
      server.engine().hold();
      TimeUnit.MILLISECONDS.sleep(1_300); // longer than a head may take
      client.send(
          RawClient.post(
              "/v1/completions", "{\"model\":\"demo-chat\",\"prompt\":\"a\",\"max_tokens\":2}"));
      TimeUnit.MILLISECONDS.sleep(1_300);
      server.engine().release();
      assertEquals(2, client.readUntil("\"usage\"").split("HTTP/1.1 200 OK", -1).length - 1);
    }
  }

  /** Header lines, slowly, until the connection is closed. */
  private static void trickle(RawClient client) throws Exception {
    for (int i = 0; i < 200; i++) {
      client.send("x-" + i + ": y\r\n");
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }
}
