/**
 * What operators see and do, over HTTP.
 *
 * <p>Owns: the paths under {@code /admin} and their JSON.
 *
 * <p>May use: http, gateway, node's reports, request, Jackson, Vert.x.
 *
 * <p>Must not: decide anything; be reachable on the public port without a key.
 *
 * <p>Thread: the event loop of the server it is mounted on; reports come from the node's owner.
 */
package io.slinfer.http.admin;
