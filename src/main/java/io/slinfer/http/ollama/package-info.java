/**
 * The part of Ollama's API that clients of models need, on top of chat completions.
 *
 * <p>Owns: its request and answer forms, its streams of JSON lines, what it tells of models.
 *
 * <p>May use: http, gateway, request, toolcall, Vert.x futures, Jackson.
 *
 * <p>Must not: decide when models are loaded or leave ({@code keep_alive} is checked, not
 * followed).
 *
 * <p>Thread: an answer's writer is confined to its event loop; the rest has no state.
 */
package io.slinfer.http.ollama;
