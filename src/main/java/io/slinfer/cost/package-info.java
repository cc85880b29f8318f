/**
 * What things cost: step times by latency profile, load and resize times, what devices and models
 * weigh; what observed steps teach about them, and which steps to run to measure them.
 *
 * <p>Owns: LatencyProfile, InstanceCosts, MemoryTimes, DeviceSpec, ModelShape, SafetyMargins,
 * CostCorrection, StepProbe, MeasuredSteps.
 *
 * <p>May use: request, engine.
 *
 * <p>Must not: read a clock or a file, know a policy.
 *
 * <p>Thread: values are immutable; a correction is confined to the owner of its device.
 */
package io.slinfer.cost;
