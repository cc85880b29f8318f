package io.slinfer.cluster;

/**
 * A role that one node at a time holds for a while.
 *
 * @param holder the node's name
 * @param fencingNumber grows with every new holder: what carries an older number is from the past
 * @param untilMillis end of the lease, on the cluster's clock
 */
public record Lease(String holder, long fencingNumber, long untilMillis) {}
