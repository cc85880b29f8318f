/**
 * Who asks for what and when: recorded and synthetic arrivals, for simulations and load tests.
 *
 * <p>Owns: Trace, its file formats, the synthetic generator.
 *
 * <p>May use: Jackson.
 *
 * <p>Must not: know a policy or a server.
 *
 * <p>Thread: traces are immutable.
 */
package io.slinfer.trace;
