package io.slinfer.cluster;

/**
 * A node as it tells the others.
 *
 * @param engine kind of its engines
 * @param leaving whether it takes no new requests
 */
public record NodeState(String node, String engine, boolean leaving) {}
