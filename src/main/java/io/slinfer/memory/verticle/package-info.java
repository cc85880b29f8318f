/**
 * Memory that follows the state of the cluster.
 *
 * <p>Owns: MemoryScalingVerticle.
 *
 * <p>May use: the pure ring, cluster, node, config, metrics, Vert.x.
 *
 * <p>Must not: decide what a device can hold, that is the ledger's; touch an engine.
 *
 * <p>Thread: its own event loop; what it wants of a node runs on the node's owner.
 */
package io.slinfer.memory.verticle;
