package io.slinfer.cluster;

import com.hazelcast.cluster.Address;
import com.hazelcast.cluster.Member;
import com.hazelcast.cluster.MembershipAdapter;
import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.config.Config;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.MapConfig;
import com.hazelcast.config.MultiMapConfig;
import com.hazelcast.config.MultiMapConfig.ValueCollectionType;
import com.hazelcast.core.HazelcastException;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.LifecycleEvent.LifecycleState;
import com.hazelcast.instance.impl.HazelcastInstanceFactory;
import io.slinfer.config.ClusterSettings;
import io.slinfer.config.SettingsException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxBuilder;
import io.vertx.core.VertxOptions;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * This process as a member of the cluster, alone or with others. Starting blocks (about a second
 * alone, longer with others): never call it on an event loop.
 */
public final class ClusterNode implements AutoCloseable {

  private static final String NODE_NAME = "slinfer.node";
  private static final String EMULATED = "slinfer.emulated";

  /** Where Vert.x's cluster manager looks for its node id on a Hazelcast that it did not start. */
  private static final String VERTX_NODE_ID = "__vertx.nodeId";

  private final ClusterSettings settings;
  private final HazelcastInstance hazelcast;
  private final ConcurrentHashMap<String, StateMap<?>> maps = new ConcurrentHashMap<>();
  private final List<Runnable> rejoined = new CopyOnWriteArrayList<>();

  private ClusterNode(ClusterSettings settings, HazelcastInstance hazelcast) {
    this.settings = settings;
    this.hazelcast = hazelcast;
    hazelcast
        .getLifecycleService()
        .addLifecycleListener(
            event -> {
              if (event.getState() == LifecycleState.MERGED) {
                Thread.ofVirtual().name("slinfer-rejoin").start(this::rejoin);
              }
            });
  }

  /** This node was thought to be lost and is a new member of the same cluster. */
  private void rejoin() {
    maps.values().forEach(StateMap::rejoined);
    rejoined.forEach(Runnable::run);
  }

  /** Calls back when this node has joined anew after it was thought to be lost. Any thread. */
  public void onRejoin(Runnable task) {
    rejoined.add(task);
  }

  /** Starts a member whose devices are real. */
  public static ClusterNode start(ClusterSettings settings) {
    return start(settings, false);
  }

  /**
   * Starts the member; blocks until it has joined or found itself the first.
   *
   * @param emulated whether its devices' tokens are made up
   * @throws SettingsException if the address cannot be used, the node's name is taken, or some of
   *     the nodes are emulated and others are not
   */
  public static ClusterNode start(ClusterSettings settings, boolean emulated) {
    Config config = config(settings);
    config.getMemberAttributeConfig().setAttribute(EMULATED, Boolean.toString(emulated));
    if (settings.isAlone()) {
      return new ClusterNode(
          settings,
          HazelcastInstanceFactory.newHazelcastInstance(
              config, "slinfer-" + UUID.randomUUID(), new AloneContext(loopback())));
    }
    ClusterNode node = new ClusterNode(settings, join(settings, config));
    try {
      node.checkOthers(emulated);
      return node;
    } catch (SettingsException refusal) {
      node.close();
      throw refusal;
    }
  }

  private static HazelcastInstance join(ClusterSettings settings, Config config) {
    try {
      return HazelcastInstanceFactory.newHazelcastInstance(config);
    } catch (HazelcastException | IllegalStateException unusable) {
      throw new SettingsException(
          "cluster: cannot join from "
              + settings.host()
              + ":"
              + settings.port()
              + ": "
              + unusable.getMessage());
    }
  }

  /** The nodes that were here before must let this one be. */
  private void checkOthers(boolean emulated) {
    for (Member member : hazelcast.getCluster().getMembers()) {
      if (member.localMember()) {
        return;
      }
      if (nodeName().equals(nameOf(member))) {
        throw new SettingsException(
            "cluster.node: " + nodeName() + "; another node of the cluster has this name");
      }
      if (emulated != Boolean.parseBoolean(member.getAttribute(EMULATED))) {
        throw new SettingsException(
            "cluster.members: the devices of node "
                + nameOf(member)
                + (emulated ? " are real" : " are emulated")
                + "; all nodes' are emulated or none's, so that a made-up token is never taken for"
                + " a real one");
      }
    }
  }

  /** Whether no other node can ever be a member. */
  public boolean isAlone() {
    return settings.isAlone();
  }

  /** A Vert.x whose event bus reaches all nodes of the cluster, or this one when alone. */
  public Future<Vertx> startVertx(VertxBuilder builder, VertxOptions options) {
    if (settings.isAlone()) {
      return Future.succeededFuture(builder.with(options).build());
    }
    options.setEventBusOptions(
        new EventBusOptions()
            .setHost(settings.host())
            .setPort(settings.busPort())
            .setClusterPublicHost(settings.host())
            .setClusterPingInterval(2_000));
    return builder
        .with(options)
        .withClusterManager(new HazelcastClusterManager(hazelcast))
        .buildClustered();
  }

  public String nodeName() {
    return settings.node();
  }

  /** The shared map of this name; always the same object for the same name. */
  @SuppressWarnings("unchecked")
  public <V> StateMap<V> map(String name) {
    return (StateMap<V>)
        maps.computeIfAbsent(name, key -> new StateMap<V>(hazelcast.<String, V>getMap(key)));
  }

  /** The roles that one node at a time holds. */
  public Leases leases() {
    return new Leases(
        hazelcast.getMap("leases"), nodeName(), () -> hazelcast.getCluster().getClusterTime());
  }

  /** Names of the nodes that are members now, this one included. */
  public List<String> nodes() {
    return hazelcast.getCluster().getMembers().stream().map(ClusterNode::nameOf).toList();
  }

  /** Where a node takes connections of other members; empty if it is no member. */
  Optional<SocketAddress> addressOf(String node) {
    return hazelcast.getCluster().getMembers().stream()
        .filter(member -> node.equals(nameOf(member)))
        .map(Member::getAddress)
        .map(address -> SocketAddress.inetSocketAddress(address.getPort(), address.getHost()))
        .findFirst();
  }

  /** Calls back with the name of each node that joins, leaves or dies, on the executor given. */
  public void onNode(Executor executor, Consumer<String> joined, Consumer<String> gone) {
    hazelcast
        .getCluster()
        .addMembershipListener(
            new MembershipAdapter() {
              @Override
              public void memberAdded(MembershipEvent event) {
                executor.execute(() -> joined.accept(nameOf(event.getMember())));
              }

              @Override
              public void memberRemoved(MembershipEvent event) {
                executor.execute(() -> gone.accept(nameOf(event.getMember())));
              }
            });
  }

  @Override
  public void close() {
    hazelcast.shutdown();
  }

  private static String nameOf(Member member) {
    return member.getAttribute(NODE_NAME);
  }

  private static Config config(ClusterSettings settings) {
    Config config = new Config().setClusterName(settings.name());
    config.getMemberAttributeConfig().setAttribute(NODE_NAME, settings.node());
    config.getMemberAttributeConfig().setAttribute(VERTX_NODE_ID, UUID.randomUUID().toString());
    config.setProperty("hazelcast.logging.type", "slf4j");
    config.setProperty("hazelcast.phone.home.enabled", "false");
    config.setProperty("hazelcast.shutdownhook.enabled", "false");
    config.setProperty("hazelcast.socket.bind.any", "false");
    config.setProperty("hazelcast.wait.seconds.before.join", "0");
    config.setProperty("hazelcast.heartbeat.interval.seconds", "1");
    config.setProperty("hazelcast.max.no.heartbeat.seconds", "10");
    config.setProperty("hazelcast.connection.monitor.interval", "50");
    config.setProperty("hazelcast.connection.monitor.max.faults", "1");
    config.setProperty("hazelcast.operation.call.timeout.millis", "5000");
    // Two that started at once and missed each other become one cluster soon.
    config.setProperty("hazelcast.merge.first.run.delay.seconds", "10");
    config.setProperty("hazelcast.merge.next.run.delay.seconds", "10");
    config.getJetConfig().setEnabled(false);
    addVertxMaps(config);
    JoinConfig join = config.getNetworkConfig().getJoin();
    join.getAutoDetectionConfig().setEnabled(false);
    join.getMulticastConfig().setEnabled(false);
    if (!settings.isAlone()) {
      config.getNetworkConfig().setPort(settings.port()).setPortAutoIncrement(false);
      config.getNetworkConfig().setPublicAddress(settings.host() + ":" + settings.port());
      config.getNetworkConfig().getInterfaces().setEnabled(true).addInterface(settings.host());
      join.getTcpIpConfig().setEnabled(true).setMembers(settings.members());
    }
    return config;
  }

  /** What vertx-hazelcast keeps its subscriptions and nodes in. */
  private static void addVertxMaps(Config config) {
    config.addMultiMapConfig(
        new MultiMapConfig("__vertx.subs")
            .setBackupCount(1)
            .setValueCollectionType(ValueCollectionType.SET));
    config.addMapConfig(new MapConfig("__vertx.haInfo").setBackupCount(1));
    config.addMapConfig(new MapConfig("__vertx.nodeInfo").setBackupCount(1));
  }

  private static Address loopback() {
    try {
      return new Address("127.0.0.1", 1);
    } catch (UnknownHostException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
