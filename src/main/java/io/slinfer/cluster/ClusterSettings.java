package io.slinfer.cluster;

import java.util.List;

/**
 * How a node finds the others.
 *
 * @param nodeName this node's name, unique in the cluster
 * @param host address to bind and to be reached at; unused when alone
 * @param port Hazelcast's TCP port; unused when alone
 * @param members {@code host:port} of nodes to join, this one included or not; empty: the node is
 *     alone, opens no port and waits for nobody
 */
public record ClusterSettings(String nodeName, String host, int port, List<String> members) {

  public ClusterSettings {
    members = List.copyOf(members);
    if (nodeName.isBlank() || nodeName.contains("/")) {
      throw new IllegalArgumentException(
          "cluster.node is \"" + nodeName + "\"; allowed: a name without slashes");
    }
    if (!members.isEmpty() && (port < 1 || port > 65535)) {
      throw new IllegalArgumentException("cluster.port is " + port + "; allowed: 1 to 65535");
    }
  }

  /** A node of its own. */
  public static ClusterSettings alone(String nodeName) {
    return new ClusterSettings(nodeName, "127.0.0.1", 0, List.of());
  }

  public boolean isAlone() {
    return members.isEmpty();
  }
}
