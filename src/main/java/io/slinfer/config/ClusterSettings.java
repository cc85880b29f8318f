package io.slinfer.config;

import java.util.List;
import java.util.regex.Pattern;

/**
 * How a node finds the others and is found. Traffic between nodes is neither encrypted nor
 * authenticated: it belongs on a private network.
 *
 * @param name of the cluster; nodes with another name do not join it
 * @param node this node's name, unique in the cluster
 * @param host address to bind and to be reached at; unused when alone
 * @param port of membership and shared maps; unused when alone
 * @param members {@code host:port} of nodes to join, this one included or not; empty: the node is
 *     alone, opens no port and waits for nobody
 * @param busPort of requests and tokens; 0: any free one
 * @param lostMillis a node that says nothing for this long is taken for lost
 */
public record ClusterSettings(
    String name,
    String node,
    String host,
    int port,
    List<String> members,
    int busPort,
    long lostMillis) {

  private static final Pattern MEMBER = Pattern.compile("[^:/\\s]+:[0-9]{1,5}");
  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_.:-]{1,64}");
  private static final String WORD_RULE = "1 to 64 letters, digits, dots, colons, dashes";
  private static final int MOST_PORT = 65_535;
  private static final int USUAL_PORT = 5_701;
  private static final long USUAL_LOST_MILLIS = 4_000;

  public ClusterSettings {
    members = List.copyOf(members);
  }

  /** A node of its own. */
  public static ClusterSettings alone(String node) {
    return new ClusterSettings(
        "slinfer", node, "127.0.0.1", USUAL_PORT, List.of(), 0, USUAL_LOST_MILLIS);
  }

  /** A node that joins others on this machine. */
  public static ClusterSettings loopback(String node, int port, List<String> members) {
    return new ClusterSettings("slinfer", node, "127.0.0.1", port, members, 0, USUAL_LOST_MILLIS);
  }

  public boolean isAlone() {
    return members.isEmpty();
  }

  static ClusterSettings read(Section section) {
    String host = section.text("host", "127.0.0.1");
    int port = section.integer("port", USUAL_PORT, 1, MOST_PORT);
    List<String> members = section.texts("members", List.of());
    ClusterSettings settings =
        new ClusterSettings(
            word(section, "name", "slinfer"),
            word(section, "node", members.isEmpty() ? "node-1" : host + ":" + port),
            host,
            port,
            members,
            section.integer("bus-port", 0, 0, MOST_PORT),
            section.millis("lost-after", USUAL_LOST_MILLIS, 2_000));
    for (String member : members) {
      if (!MEMBER.matcher(member).matches()) {
        throw section.bad("members", member, "host:port, such as 10.0.0.7:5701");
      }
    }
    section.end();
    return settings;
  }

  private static String word(Section section, String key, String absent) {
    String value = section.text(key, absent);
    if (!WORD.matcher(value).matches()) {
      throw section.bad(key, value, WORD_RULE);
    }
    return value;
  }
}
