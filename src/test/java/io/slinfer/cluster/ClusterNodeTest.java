package io.slinfer.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.config.ClusterSettings;
import io.slinfer.config.SettingsException;
import io.slinfer.testing.FreePorts;
import io.slinfer.testing.ListeningSockets;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class ClusterNodeTest {

  private record Summary(String device, long bytes, int[] batch) {}

  @Test
  void aNodeThatIsAloneOpensNoPort() throws Exception {
    Set<String> before = ListeningSockets.own();
    try (ClusterNode node = ClusterNode.start(ClusterSettings.alone("one"))) {
      node.map("devices")
          .put("one/cpu", new Summary("cpu", 5, new int[] {1}))
          .await(10, TimeUnit.SECONDS);
      Set<String> opened = ListeningSockets.own();
      opened.removeAll(before);
      assertEquals(Set.of(), opened);
      assertEquals(List.of("one"), node.nodes());
    }
  }

  @Test
  void listenersSeeEachChangeAndTheCopyFollows() throws Exception {
    try (ClusterNode node = ClusterNode.start(ClusterSettings.alone("one"))) {
      StateMap<Summary> devices = node.map("devices");
      BlockingQueue<Change<Summary>> changes = new LinkedBlockingQueue<>();
      StateMap.Subscription subscription = devices.onChange(Runnable::run, changes::add);
      devices.put("one/cpu", new Summary("cpu", 7, new int[] {3, 4})).await(10, TimeUnit.SECONDS);
      assertEquals(7, changes.poll(10, TimeUnit.SECONDS).value().bytes());
      devices.remove("one/cpu").await(10, TimeUnit.SECONDS);
      assertTrue(changes.poll(10, TimeUnit.SECONDS).isRemoval());
      subscription.close();
      devices.put("one/cpu", new Summary("cpu", 8, new int[0])).await(10, TimeUnit.SECONDS);
      awaitBytes(devices, 8);
      assertEquals(0, changes.size());
    }
  }

  @Test
  void aLeaseHasOneHolderAndAGrowingNumber() throws Exception {
    int port = FreePorts.next(2);
    List<String> members = List.of("127.0.0.1:" + port, "127.0.0.1:" + (port + 1));
    try (ClusterNode first = ClusterNode.start(ClusterSettings.loopback("a", port, members));
        ClusterNode second = ClusterNode.start(ClusterSettings.loopback("b", port + 1, members))) {
      Lease lease =
          first.leases().acquire("packing", 60_000).await(10, TimeUnit.SECONDS).orElseThrow();
      assertEquals(
          Optional.empty(), second.leases().acquire("packing", 60_000).await(10, TimeUnit.SECONDS));
      assertEquals(
          lease.fencingNumber(),
          first
              .leases()
              .acquire("packing", 60_000)
              .await(10, TimeUnit.SECONDS)
              .orElseThrow()
              .fencingNumber());
      first.leases().release("packing").await(10, TimeUnit.SECONDS);
      Lease next =
          second.leases().acquire("packing", 60_000).await(10, TimeUnit.SECONDS).orElseThrow();
      assertEquals(lease.fencingNumber() + 1, next.fencingNumber());
    }
  }

  @Test
  void nodesShareMapsEventBusAndNoticeALoss() throws Exception {
    int port = FreePorts.next(2);
    List<String> members = List.of("127.0.0.1:" + port, "127.0.0.1:" + (port + 1));
    try (ClusterNode first = ClusterNode.start(ClusterSettings.loopback("a", port, members))) {
      BlockingQueue<String> lost = new LinkedBlockingQueue<>();
      first.onNode(Runnable::run, joined -> {}, lost::add);
      Vertx firstVertx =
          first.startVertx(Vertx.builder(), new VertxOptions()).await(30, TimeUnit.SECONDS);
      try (ClusterNode second =
          ClusterNode.start(ClusterSettings.loopback("b", port + 1, members))) {
        assertEquals(Set.of("a", "b"), new TreeSet<>(second.nodes()));
        StateMap<Summary> seenBySecond = second.map("devices");
        first
            .<Summary>map("devices")
            .put("a/cpu", new Summary("cpu", 9, new int[] {1}))
            .await(10, TimeUnit.SECONDS);
        awaitBytes(seenBySecond, "a/cpu", 9);
        Vertx secondVertx =
            second.startVertx(Vertx.builder(), new VertxOptions()).await(30, TimeUnit.SECONDS);
        firstVertx
            .eventBus()
            .<String>consumer("echo", message -> message.reply("a:" + message.body()))
            .completion()
            .await(10, TimeUnit.SECONDS);
        assertEquals(
            "a:x", secondVertx.eventBus().request("echo", "x").await(10, TimeUnit.SECONDS).body());
        secondVertx.close().await(30, TimeUnit.SECONDS);
      }
      assertEquals("b", lost.poll(30, TimeUnit.SECONDS));
      firstVertx.close().await(30, TimeUnit.SECONDS);
    }
  }

  @Test
  void aNameThatIsTakenAndDevicesOfAnotherSortAreRefused() {
    int port = FreePorts.next(2);
    List<String> members = List.of("127.0.0.1:" + port, "127.0.0.1:" + (port + 1));
    try (ClusterNode first = ClusterNode.start(ClusterSettings.loopback("a", port, members))) {
      assertEquals(List.of("a"), first.nodes());
      SettingsException taken =
          assertThrows(
              SettingsException.class,
              () -> ClusterNode.start(ClusterSettings.loopback("a", port + 1, members)));
      assertTrue(taken.getMessage().startsWith("cluster.node: a;"), taken.getMessage());
      SettingsException emulated =
          assertThrows(
              SettingsException.class,
              () -> ClusterNode.start(ClusterSettings.loopback("b", port + 1, members), true));
      assertTrue(emulated.getMessage().contains("node a are real"), emulated.getMessage());
    }
  }

  private static void awaitBytes(StateMap<Summary> map, long bytes) {
    awaitBytes(map, "one/cpu", bytes);
  }

  /** Entry events are asynchronous; the class's time limit ends the wait. */
  private static void awaitBytes(StateMap<Summary> map, String key, long bytes) {
    while (map.entries().get(key) == null || map.entries().get(key).bytes() != bytes) {
      Thread.onSpinWait();
    }
  }
}
