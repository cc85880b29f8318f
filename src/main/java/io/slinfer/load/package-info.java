/**
 * The load generator: open-loop traffic against any OpenAI-compatible endpoint, and what it
 * measured.
 *
 * <p>Owns: load plans, the client, summaries and reports.
 *
 * <p>May use: request, trace, plot, Vert.x, Jackson.
 *
 * <p>Must not: know the server's insides; wait for an answer before it sends the next request.
 *
 * <p>Thread: the client runs on one event loop; plans and records are immutable.
 */
package io.slinfer.load;
