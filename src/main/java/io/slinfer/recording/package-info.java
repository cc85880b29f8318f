/**
 * Live runs of a node, recorded and played again.
 *
 * <p>Owns: the form of recordings, the recorder with its writer thread, the replay in virtual time.
 *
 * <p>May use: the pure ring, node, metrics, Jackson, Vert.x futures.
 *
 * <p>Must not: decide anything: a replay runs the node's own objects; keep prompts, answers or
 * callers' names.
 *
 * <p>Thread: a recorder is its node's owner's; one writer thread has the file. A replay is confined
 * to its caller's thread.
 */
package io.slinfer.recording;
