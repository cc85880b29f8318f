package io.slinfer.placement;

import java.util.Comparator;
import java.util.List;

/**
 * In which order the nodes of a cluster are asked to take a request: first where an instance of the
 * model has nothing waiting, then where one is loading or busy, then where the model would fit,
 * then where others would have to leave. Equals are asked own node first, then the larger batch, so
 * that load gathers, then the most free memory.
 */
public final class NodeOrder {

  private NodeOrder() {}

  /**
   * A node that has the model's file, as it told last.
   *
   * @param own whether it is the node that asks
   * @param loaded whether an instance of the model is there and loaded
   * @param present whether one is there, loaded or not
   * @param running requests of the model whose computing has begun there
   * @param waiting the others of the model there
   * @param freeBytes the most that a device of it has not promised
   * @param capacityBytes of its largest device
   */
  public record Node(
      String name,
      boolean own,
      boolean loaded,
      boolean present,
      int running,
      int waiting,
      long freeBytes,
      long capacityBytes) {}

  /**
   * All nodes, the first to ask first.
   *
   * @param modelBytes what the model's weights take
   */
  public static List<Node> of(List<Node> nodes, long modelBytes) {
    return nodes.stream()
        .sorted(
            Comparator.comparingInt((Node node) -> rank(node, modelBytes))
                .thenComparing(node -> !node.own())
                .thenComparingInt(node -> -node.running())
                .thenComparingLong(node -> -node.freeBytes())
                .thenComparing(Node::name))
        .toList();
  }

  private static int rank(Node node, long modelBytes) {
    if (node.present()) {
      return node.loaded() && node.waiting() == 0 ? 0 : 1;
    }
    if (modelBytes <= node.freeBytes()) {
      return 2;
    }
    return modelBytes <= node.capacityBytes() ? 3 : 4;
  }
}
