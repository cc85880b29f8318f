package io.slinfer.gateway.remote;

/** Where nodes are reached on the event bus. */
final class Addresses {

  private Addresses() {}

  /** The node's RequestServer. */
  static String owner(String node) {
    return "slinfer.owner/" + node;
  }

  /** What the node's models speak with. */
  static String text(String node) {
    return "slinfer.text/" + node;
  }

  /**
   * A gateway of the node.
   *
   * @param unique among all gateways of all times
   */
  static String gateway(String node, String unique) {
    return "slinfer.gateway/" + node + "/" + unique;
  }

  /** The node that a gateway belongs to. */
  static String nodeOf(String gateway) {
    return gateway.split("/", -1)[1];
  }
}
