package io.slinfer.cluster;

import com.hazelcast.cluster.Address;
import com.hazelcast.instance.AddressPicker;
import com.hazelcast.instance.EndpointQualifier;
import com.hazelcast.instance.impl.DefaultNodeContext;
import com.hazelcast.instance.impl.Node;
import com.hazelcast.internal.cluster.Joiner;
import com.hazelcast.internal.server.Server;
import com.hazelcast.internal.server.tcp.LocalAddressRegistry;
import com.hazelcast.internal.server.tcp.ServerSocketRegistry;
import java.nio.channels.ServerSocketChannel;
import java.util.Map;

/**
 * Starts Hazelcast inside a process that is alone: no port, no join, no waiting. Uses Hazelcast's
 * own (internal) seam for its transport; {@code ClusterNodeTest} notices if an upgrade changes it.
 */
final class AloneContext extends DefaultNodeContext {

  private final Address address;

  AloneContext(Address address) {
    this.address = address;
  }

  @Override
  public AddressPicker createAddressPicker(Node node) {
    return new FixedAddress(address);
  }

  @Override
  public Joiner createJoiner(Node node) {
    return null;
  }

  @Override
  public Server createServer(
      Node node, ServerSocketRegistry sockets, LocalAddressRegistry addresses) {
    return new ClosedServer(
        new com.hazelcast.internal.server.tcp.TcpServerContext(node, node.nodeEngine));
  }

  /** An address that nobody listens at. */
  private record FixedAddress(Address address) implements AddressPicker {

    @Override
    public void pickAddress() {}

    @Override
    public Address getBindAddress(EndpointQualifier qualifier) {
      return address;
    }

    @Override
    public Address getPublicAddress(EndpointQualifier qualifier) {
      return address;
    }

    @Override
    public Map<EndpointQualifier, Address> getPublicAddressMap() {
      return Map.of(EndpointQualifier.MEMBER, address);
    }

    @Override
    public Map<EndpointQualifier, Address> getBindAddressMap() {
      return Map.of(EndpointQualifier.MEMBER, address);
    }

    @Override
    public ServerSocketChannel getServerSocketChannel(EndpointQualifier qualifier) {
      return null;
    }

    @Override
    public Map<EndpointQualifier, ServerSocketChannel> getServerSocketChannels() {
      return Map.of();
    }
  }
}
