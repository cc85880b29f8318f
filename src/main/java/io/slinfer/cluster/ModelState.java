package io.slinfer.cluster;

/**
 * A model that a node has the files of, as it tells the others.
 *
 * @param warm whether it is to be loaded wherever there is room, without a request
 * @param state cold, loading, loaded or failed, there
 * @param facts of its file: {@code family}, {@code quantisation}, {@code fingerprint}
 * @param metadata what its file says: key, type (s, i, f or b) and value, one after the other
 */
public record ModelState(
    String node,
    String model,
    boolean warm,
    String state,
    long createdSeconds,
    int contextTokens,
    long sizeBytes,
    long parameters,
    String[] facts,
    String[] metadata) {}
