/**
 * What things cost: step times by latency profile, load and resize times, what devices and models
 * weigh.
 *
 * <p>Owns: LatencyProfile, InstanceCosts, MemoryTimes, DeviceSpec, ModelShape.
 *
 * <p>May use: request, engine.
 *
 * <p>Must not: read a clock or a file, know a policy.
 *
 * <p>Thread: values are immutable.
 */
package io.slinfer.cost;
