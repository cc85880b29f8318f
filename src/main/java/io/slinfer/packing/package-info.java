/**
 * Consolidation: who makes room for whom.
 *
 * <p>Owns: the choice of victims for proactive preemption.
 *
 * <p>May use: request, kvcache, cost, memory, admission, engine.
 *
 * <p>Must not: read a clock, move anything itself.
 *
 * <p>Thread: pure, any thread.
 */
package io.slinfer.packing;
