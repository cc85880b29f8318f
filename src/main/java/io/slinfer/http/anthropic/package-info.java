/**
 * The Messages API of Anthropic, on top of chat completions.
 *
 * <p>Owns: its request and answer forms, its stream events, its error form.
 *
 * <p>May use: http, gateway, request, toolcall, Vert.x futures, Jackson.
 *
 * <p>Must not: decide anything about sampling or prompts that chat completions decide.
 *
 * <p>Thread: an answer's writer is confined to its event loop; the rest has no state.
 */
package io.slinfer.http.anthropic;
