package io.slinfer.cluster;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which nodes answer now. A node that dies leaves the membership, mostly at once; one that is
 * frozen keeps its connections, so each node also says twice a second that it is there. Silence is
 * counted in beats of this node's own: one that was frozen itself blames nobody. A node that is
 * silent and whose port refuses connections is dead: that is known before the membership knows.
 *
 * <p>Any thread may ask; what changes it is confined to one event loop.
 */
public final class LiveNodes {

  private static final Logger LOG = LoggerFactory.getLogger(LiveNodes.class);
  private static final String ADDRESS = "slinfer.beat";
  private static final long BEAT_MILLIS = 500;

  /** After so many beats of silence a node is asked whether its port is open. */
  private static final int BEATS_UNTIL_PROBED = 2;

  private static final int PROBE_MILLIS = 1_000;

  private record Watcher(Executor executor, Consumer<String> consumer) {

    void tell(String node) {
      executor.execute(() -> consumer.accept(node));
    }
  }

  private final ClusterNode cluster;
  private final Vertx vertx;
  private final Context context;
  private final NetClient prober;
  private final long beatsUntilLost;
  private final Set<String> live = ConcurrentHashMap.newKeySet();
  private final List<Watcher> lost = new ArrayList<>();
  private final List<Watcher> come = new ArrayList<>();

  /** Beats of our own since a member was heard; has every other member. */
  private final Map<String, Integer> silence = new HashMap<>();

  private LiveNodes(ClusterNode cluster, Vertx vertx, long lostMillis) {
    this.cluster = cluster;
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
    this.prober = vertx.createNetClient(new NetClientOptions().setConnectTimeout(PROBE_MILLIS));
    this.beatsUntilLost = Math.ceilDiv(lostMillis, BEAT_MILLIS);
    live.addAll(cluster.nodes());
  }

  /**
   * Begins to say that this node is there, and to listen.
   *
   * @param vertx of the cluster
   * @param lostMillis how long a node may be silent
   */
  public static LiveNodes start(ClusterNode cluster, Vertx vertx, long lostMillis) {
    LiveNodes nodes = new LiveNodes(cluster, vertx, lostMillis);
    nodes.context.runOnContext(nothing -> nodes.listen());
    return nodes;
  }

  /** Whether a node is a member and answers. */
  public boolean isLive(String node) {
    return live.contains(node);
  }

  /** The nodes that are members and answer, this one included. */
  public Set<String> names() {
    return Set.copyOf(live);
  }

  /** Calls back with each node that is lost from now on, on the executor given. */
  public void onLost(Executor executor, Consumer<String> consumer) {
    context.runOnContext(nothing -> lost.add(new Watcher(executor, consumer)));
  }

  /** Calls back with each node that joins or answers again. */
  public void onCome(Executor executor, Consumer<String> consumer) {
    context.runOnContext(nothing -> come.add(new Watcher(executor, consumer)));
  }

  private void listen() {
    cluster.onNode(
        task -> context.runOnContext(nothing -> task.run()), this::joined, this::memberGone);
    cluster.nodes().forEach(this::joined);
    vertx.eventBus().<String>consumer(ADDRESS, message -> heard(message.body()));
    beat();
  }

  private void joined(String node) {
    if (!node.equals(cluster.nodeName())) {
      silence.putIfAbsent(node, 0);
      comes(node);
    }
  }

  private void memberGone(String node) {
    silence.remove(node);
    loses(node, "has left the cluster");
  }

  private void heard(String node) {
    if (silence.replace(node, 0) != null) {
      comes(node);
    }
  }

  /** Each beat sets the timer of the next: a periodic one would make up for those of a freeze. */
  private void beat() {
    vertx.setTimer(BEAT_MILLIS, timer -> beat());
    vertx.eventBus().publish(ADDRESS, cluster.nodeName());
    silence.replaceAll((node, beats) -> beats + 1);
    silence.forEach(
        (node, beats) -> {
          if (beats > beatsUntilLost) {
            loses(node, "has said nothing for " + beatsUntilLost * BEAT_MILLIS + " ms");
          } else if (beats >= BEATS_UNTIL_PROBED && live.contains(node)) {
            probe(node);
          }
        });
  }

  private void probe(String node) {
    cluster
        .addressOf(node)
        .ifPresent(
            address ->
                prober
                    .connect(address)
                    .onSuccess(NetSocket::close)
                    .onFailure(cause -> context.runOnContext(nothing -> notReached(node, cause))));
  }

  private void notReached(String node, Throwable cause) {
    boolean refused = String.valueOf(cause.getMessage()).contains("refused");
    if (refused && silence.getOrDefault(node, 0) >= BEATS_UNTIL_PROBED) {
      loses(node, "is silent and its port is closed");
    }
  }

  private void comes(String node) {
    if (live.add(node)) {
      LOG.info("node {} is there", node);
      come.forEach(watcher -> watcher.tell(node));
    }
  }

  private void loses(String node, String how) {
    if (live.remove(node)) {
      LOG.warn("node {} {}", node, how);
      lost.forEach(watcher -> watcher.tell(node));
    }
  }
}
