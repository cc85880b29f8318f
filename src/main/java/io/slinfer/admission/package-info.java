/**
 * Whether a device can take a request and still keep its promises.
 *
 * <p>Owns: the snapshots that decisions work on, shadow validation.
 *
 * <p>May use: request, kvcache, cost, memory, engine.
 *
 * <p>Must not: read a clock, change what it is given.
 *
 * <p>Thread: pure, any thread.
 */
package io.slinfer.admission;
