package io.slinfer.cluster;

/**
 * An instance as its node tells the others.
 *
 * @param deviceIndex which device of its node
 * @param index which instance of its device
 * @param state loading, loaded or leaving
 * @param stays whether it must not leave now
 * @param running requests whose computing has begun
 * @param waiting the others on it
 * @param share the part of its device's time that a decode step takes of what is promised
 */
public record InstanceState(
    String node,
    String device,
    int deviceIndex,
    int index,
    String model,
    String state,
    boolean stays,
    int running,
    int waiting,
    double share,
    long weightBytes,
    long kvHeldBytes,
    long kvUsedBytes) {}
