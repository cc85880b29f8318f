/**
 * The scheduler in virtual time: capacity planning, comparison of policies, and the main test.
 *
 * <p>Owns: the virtual clock and devices, traces, metrics, reports.
 *
 * <p>May use: the pure ring, engine.emulated, config, plot.
 *
 * <p>Must not: decide anything that a policy decides.
 *
 * <p>Thread: one simulation is confined to one thread.
 */
package io.slinfer.sim;
