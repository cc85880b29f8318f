/**
 * An engine that computes nothing: its steps take the time that a latency profile says, and its
 * tokens are made up.
 *
 * <p>Owns: EmulatedEngine, the models and devices that it stands for.
 *
 * <p>May use: engine, request, kvcache, cost.
 *
 * <p>Must not: pass for a real one: its description says that it is emulated.
 *
 * <p>Thread: an engine is confined to its device's owner; only its clock has a thread.
 */
package io.slinfer.engine.emulated;
