/**
 * The Responses API of OpenAI, without state: every request brings its whole conversation.
 *
 * <p>Owns: its request and answer forms, its typed stream events.
 *
 * <p>May use: http, gateway, request, toolcall, Jackson.
 *
 * <p>Must not: keep answers; decide anything about sampling or prompts that chat completions
 * decide.
 *
 * <p>Thread: an answer's writer is confined to its event loop; the rest has no state.
 */
package io.slinfer.http.responses;
