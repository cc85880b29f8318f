package io.slinfer.node;

/**
 * What a device may use.
 *
 * @param kvBytes budget of all KV blocks
 * @param maxBatch sequences in one step
 * @param maxWaiting requests that wait for their first step
 */
public record DeviceLimits(long kvBytes, int maxBatch, int maxWaiting) {}
