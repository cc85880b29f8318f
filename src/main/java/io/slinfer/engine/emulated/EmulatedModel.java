package io.slinfer.engine.emulated;

import io.slinfer.cost.LatencyProfile;
import io.slinfer.cost.ModelShape;

/**
 * A model that exists as numbers only.
 *
 * @param latency of its steps on the device that is emulated
 * @param words how its made-up answers are worded
 */
public record EmulatedModel(
    ModelShape shape, LatencyProfile latency, int contextTokens, MadeUpTokens words) {}
