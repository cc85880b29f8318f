package io.slinfer.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.cluster.ClusterNode;
import io.slinfer.config.ClusterSettings;
import io.slinfer.config.Settings;
import io.slinfer.testing.FreePorts;
import io.slinfer.testing.JsonClient;
import io.slinfer.testing.ListeningSockets;
import io.slinfer.testing.LiveStream;
import io.slinfer.testing.ScriptedEngine;
import io.slinfer.testing.ScriptedEngine.Script;
import io.slinfer.testing.Scripts;
import io.slinfer.testing.SettingsText;
import io.slinfer.testing.TestServer;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Two nodes of one cluster in this process, with scripted engines: who loads, who packs, who ends.
 */
@Timeout(120)
final class TwoNodesTest {

  private static final Script ALPHABET =
      Script.of(Scripts.SMALL, Scripts.alphabet()).taking(2_000_000, 0);

  private final List<Node> nodes = new ArrayList<>();

  private static final class Node {
    private ScriptedEngine engine;
    private Server server;
    private ClusterNode cluster;

    String url() {
      return "http://127.0.0.1:" + server.port();
    }

    int resident() {
      return engine.loads().size() - engine.unloads().size();
    }
  }

  @AfterEach
  void close() {
    nodes.forEach(node -> node.server.close());
  }

  @Test
  void aNodeThatIsAloneListensForHttpAlone() throws Exception {
    Set<String> before = ListeningSockets.own();
    Node alone = start(ClusterSettings.alone("one"), "", 4 << 20);
    Set<String> opened = ListeningSockets.own();
    opened.removeAll(before);
    Set<String> expected =
        new TreeSet<>(List.of(hex(alone.server.port()), hex(alone.server.adminPort().getAsInt())));
    assertEquals(
        expected,
        opened.stream()
            .map(socket -> socket.substring(socket.lastIndexOf(':') + 1))
            .collect(Collectors.toCollection(TreeSet::new)));
  }

  private static String hex(int port) {
    return "%04X".formatted(port);
  }

  @Test
  void aWarmModelIsLoadedOnOneNodeAndOnTheOtherWhenThatLeaves() throws Exception {
    pair(", warm: [m]", 4 << 20);
    Node first = nodes.get(0);
    Node second = nodes.get(1);
    await(() -> first.resident() + second.resident() == 1);
    Node holder = first.resident() == 1 ? first : second;
    Node other = holder == first ? second : first;
    await(() -> instancesSeenBy(other) == 1);
    for (int i = 0; i < 3; i++) {
      assertEquals(200, ask(other).statusCode());
    }
    assertEquals(0, other.resident(), "the other node asks the one that has it");
    holder.server.close();
    nodes.remove(holder);
    await(() -> other.resident() == 1);
    assertEquals(200, ask(other).statusCode());
  }

  @Test
  void theSmallerOfTwoNodesInstancesLeavesAndItsRequestsAreServedToTheirEnd() throws Exception {
    pair("", 4 << 20);
    Node first = nodes.get(0);
    Node second = nodes.get(1);
    List<LiveStream> streams = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      streams.add(stream(first));
    }
    for (int round = 1; round <= 3; round++) {
      int unloads = round;
      load(second);
      streams.add(stream(second));
      await(() -> second.engine.unloads().size() == unloads || second.resident() == 0);
    }
    for (LiveStream stream : streams) {
      stream.endNanos();
      assertEquals(0, stream.errors(), stream.events()::toString);
      assertTrue(stream.events().stream().anyMatch(event -> event.contains("\"length\"")));
    }
    await(() -> first.resident() + second.resident() == 1);
  }

  @Test
  void nothingIsPackedOnceNobodyListens() throws Exception {
    pair("", 4 << 20);
    Node first = nodes.get(0);
    Node second = nodes.get(1);
    first.server.stopListening();
    second.server.stopListening();
    load(first);
    load(second);
    await(() -> first.resident() == 1 && second.resident() == 1);
    for (int i = 0; i < 5; i++) {
      assertEquals(200, ask(first).statusCode());
      assertEquals(200, ask(second).statusCode());
    }
    await(() -> instancesSeenBy(first) == 2 && instancesSeenBy(second) == 2);
    assertEquals(List.of(1, 1), List.of(first.resident(), second.resident()));
  }

  private static int instancesSeenBy(Node node) {
    return node.cluster.map("instances").entries().size();
  }

  private static void load(Node node) throws Exception {
    String url = "http://127.0.0.1:" + node.server.adminPort().getAsInt();
    assertEquals(200, JsonClient.post(url + "/admin/models/m/load", "{}").statusCode());
  }

  private static HttpResponse<String> ask(Node node) throws Exception {
    String body = "{\"model\":\"m\",\"prompt\":\"a\",\"max_tokens\":3}";
    return JsonClient.post(node.url() + "/v1/completions", body);
  }

  private static LiveStream stream(Node node) throws Exception {
    LiveStream stream =
        LiveStream.post(
            node.url() + "/v1/completions",
            "{\"model\":\"m\",\"prompt\":\"a\",\"stream\":true,\"max_tokens\":700}");
    stream.awaitTokens();
    return stream;
  }

  /** Waits for an event that other threads bring about. */
  private static void await(BooleanSupplier condition) throws InterruptedException {
    long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(40);
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() - deadlineNanos < 0, "it did not happen within 40 s");
      Thread.sleep(5);
    }
  }

  private void pair(String yaml, long memoryBytes) throws Exception {
    int port = FreePorts.next(2);
    List<String> members = List.of("127.0.0.1:" + port, "127.0.0.1:" + (port + 1));
    start(ClusterSettings.loopback("a", port, members), yaml, memoryBytes);
    start(ClusterSettings.loopback("b", port + 1, members), yaml, memoryBytes);
  }

  private Node start(ClusterSettings cluster, String yaml, long memoryBytes) {
    Node node = new Node();
    String admin = "http: {admin: {port: 0}, event-loops: 1}\n";
    String sharing = "serving: {keep-alive: 10 min, least-residence: 0 s";
    Settings read = SettingsText.parse(admin + sharing + yaml + "}\n");
    Settings settings = read.with(read.http().at(null, 0), read.models());
    Server.Parts parts =
        TestServer.parts(
            settings,
            memoryBytes,
            Scripts.costs(ALPHABET.model()),
            (listener, owner) -> node.engine = new ScriptedEngine(ALPHABET, listener, owner));
    node.cluster = ClusterNode.start(cluster);
    node.server =
        Server.start(settings, parts.in(node.cluster), TestServer.catalogue(1_024, "m", "n"));
    nodes.add(node);
    return node;
  }
}
