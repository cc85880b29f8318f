package io.slinfer.cost;

/**
 * What a model weighs.
 *
 * @param weightBytes bytes of its weights on a device
 * @param kvBytesPerToken bytes of keys and values for one token, all layers
 * @param layers number of transformer layers
 */
public record ModelShape(long weightBytes, long kvBytesPerToken, int layers) {}
