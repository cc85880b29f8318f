/**
 * Every meter's name, unit and labels, in one place.
 *
 * <p>Owns: the meters of the server, as typed methods; the text of /metrics.
 *
 * <p>May use: request, Micrometer.
 *
 * <p>Must not: decide anything, know Vert.x or an engine.
 *
 * <p>Thread: safe for any thread.
 */
package io.slinfer.metrics;
