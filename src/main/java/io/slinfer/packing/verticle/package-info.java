/**
 * Bin-packing over the devices.
 *
 * <p>Owns: BinPackingVerticle, its lease.
 *
 * <p>May use: the pure ring, cluster, node, config, metrics, Vert.x.
 *
 * <p>Must not: choose what moves, that is the pure room's; touch an engine.
 *
 * <p>Thread: its own event loop; what it wants of a node runs on the node's owner.
 */
package io.slinfer.packing.verticle;
