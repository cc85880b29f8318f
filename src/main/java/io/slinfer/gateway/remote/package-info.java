/**
 * Requests between nodes: any node takes a request, the owner of a device admits it.
 *
 * <p>Owns: the messages between nodes and their codec, the order in which nodes are asked, the
 * catalogue of the cluster, RequestServer for what others ask of this node's devices.
 *
 * <p>May use: the pure ring, cluster, gateway, node, metrics, Vert.x.
 *
 * <p>Must not: admit anything itself; know Hazelcast or HTTP; put tokens in a map.
 *
 * <p>Thread: what belongs to a gateway is confined to its event loop, RequestServer to its own; the
 * catalogue is safe for any thread.
 */
package io.slinfer.gateway.remote;
