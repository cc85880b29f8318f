/**
 * What a caller asked for and what became of it.
 *
 * <p>Owns: ids, InferenceRequest, sampling parameters and token rules, SLO, finish reasons, the
 * sealed Failure, and a request's life as a state machine.
 *
 * <p>May use: java.base only.
 *
 * <p>Must not: read a clock, start a thread, do I/O, know Vert.x, Hazelcast, JCuda or native code.
 *
 * <p>Thread: values are immutable; the state machine is confined to its owner.
 */
package io.slinfer.request;
