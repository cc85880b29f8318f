/**
 * What all nodes know: shared maps, membership, leases.
 *
 * <p>Owns: ClusterNode, StateMap, Leases; the only importer of Hazelcast.
 *
 * <p>May use: the pure ring, config, metrics, Vert.x, Hazelcast.
 *
 * <p>Must not: carry token traffic; decide anything.
 *
 * <p>Thread: any; callbacks run on the executor that the listener names, and no call here blocks an
 * event loop.
 */
package io.slinfer.cluster;
