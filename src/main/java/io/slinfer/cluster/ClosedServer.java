package io.slinfer.cluster;

import com.hazelcast.cluster.Address;
import com.hazelcast.instance.EndpointQualifier;
import com.hazelcast.internal.nio.ConnectionListener;
import com.hazelcast.internal.nio.Packet;
import com.hazelcast.internal.server.NetworkStats;
import com.hazelcast.internal.server.Server;
import com.hazelcast.internal.server.ServerConnection;
import com.hazelcast.internal.server.ServerConnectionManager;
import com.hazelcast.internal.server.ServerContext;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Hazelcast's network of a node that is alone: there are no connections and never will be, and no
 * port is open.
 */
final class ClosedServer implements Server {

  private final ServerContext context;
  private final ServerConnectionManager connections = new NoConnections();
  private volatile boolean live;

  ClosedServer(ServerContext context) {
    this.context = context;
  }

  @Override
  public ServerContext getContext() {
    return context;
  }

  @Override
  public ServerConnectionManager getConnectionManager(EndpointQualifier qualifier) {
    return connections;
  }

  @Override
  public Collection<ServerConnection> getConnections() {
    return List.of();
  }

  @Override
  public Map<EndpointQualifier, NetworkStats> getNetworkStats() {
    return Map.of();
  }

  @Override
  public boolean isLive() {
    return live;
  }

  @Override
  public void start() {
    live = true;
  }

  @Override
  public void stop() {
    live = false;
  }

  @Override
  public void shutdown() {
    live = false;
  }

  @Override
  public void addConnectionListener(ConnectionListener<ServerConnection> listener) {}

  /** No connection to anyone. */
  private final class NoConnections implements ServerConnectionManager {

    @Override
    public Collection<ServerConnection> getConnections() {
      return List.of();
    }

    @Override
    public void addConnectionListener(ConnectionListener<ServerConnection> listener) {}

    @Override
    public boolean register(
        Address primary,
        Address target,
        Collection<Address> aliases,
        UUID remote,
        ServerConnection connection,
        int plane) {
      return false;
    }

    @Override
    public ServerConnection get(Address address, int plane) {
      return null;
    }

    @Override
    public List<ServerConnection> getAllConnections(Address address) {
      return List.of();
    }

    @Override
    public ServerConnection getOrConnect(Address address, int plane) {
      return null;
    }

    @Override
    public ServerConnection getOrConnect(Address address, boolean silent, int plane) {
      return null;
    }

    @Override
    public boolean transmit(Packet packet, Address address, int plane) {
      return false;
    }

    @Override
    public NetworkStats getNetworkStats() {
      return NoTraffic.NONE;
    }

    @Override
    public Server getServer() {
      return ClosedServer.this;
    }

    @Override
    public void accept(Packet packet) {
      throw new IllegalStateException("a node that is alone received a packet");
    }
  }

  /** No bytes either way. */
  private enum NoTraffic implements NetworkStats {
    NONE;

    @Override
    public long getBytesReceived() {
      return 0;
    }

    @Override
    public long getBytesSent() {
      return 0;
    }
  }
}
