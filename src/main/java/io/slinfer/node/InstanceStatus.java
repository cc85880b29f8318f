package io.slinfer.node;

import io.slinfer.request.ModelId;

/**
 * How a model stands on a device.
 *
 * @param loaded false while it loads
 * @param running requests that hold KV blocks
 * @param waiting requests that do not
 * @param kvUsedBytes KV blocks that requests use
 * @param kvHeldBytes KV blocks that have memory
 */
public record InstanceStatus(
    ModelId model,
    boolean loaded,
    int running,
    int waiting,
    long weightBytes,
    long kvUsedBytes,
    long kvHeldBytes) {}
