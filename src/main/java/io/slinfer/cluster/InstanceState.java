package io.slinfer.cluster;

/**
 * An instance as its node tells the others.
 *
 * @param state loading, loaded or leaving
 * @param running requests whose computing has begun
 * @param waiting the others on it
 */
public record InstanceState(
    String node,
    String device,
    String model,
    String state,
    int running,
    int waiting,
    long kvHeldBytes,
    long kvUsedBytes) {}
