/**
 * The console: a web page that talks to models and shows devices, and what it reads.
 *
 * <p>Owns: the page's files (src/main/resources/console), {@code /v1/devices}, {@code
 * /openapi.json}.
 *
 * <p>May use: http, request, Vert.x futures, Jackson.
 *
 * <p>Must not: offer a page what another caller could not do.
 *
 * <p>Thread: no state.
 */
package io.slinfer.http.console;
