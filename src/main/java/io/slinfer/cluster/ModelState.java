package io.slinfer.cluster;

/**
 * What the cluster is to know of a model.
 *
 * @param warm whether it is to be loaded wherever there is room, without a request
 */
public record ModelState(String model, boolean warm) {}
