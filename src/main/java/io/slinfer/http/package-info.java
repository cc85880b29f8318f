/**
 * The OpenAI surface over HTTP.
 *
 * <p>Owns: HttpVerticle, wire formats, request fields and their limits, server-sent events with
 * back-pressure, the mapping of failures to statuses, API keys; the way in for other APIs, which
 * have rooms of their own.
 *
 * <p>May use: request, engine (its description), constraint, constraint.schema, toolcall, gateway,
 * config, metrics, model, Vert.x, Jackson.
 *
 * <p>Must not: decide who is served; hold more of a slow reader's stream than the settings say.
 *
 * <p>Thread: everything of a connection is confined to its event loop.
 */
package io.slinfer.http;
