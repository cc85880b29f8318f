/**
 * The devices of this process and their step loops.
 *
 * <p>Owns: DispatchVerticle, the device loop and its inbox, commands to a device and the events
 * that come back.
 *
 * <p>May use: the pure ring, model, config, metrics, Vert.x.
 *
 * <p>Must not: know HTTP, text or tokenizers; wait.
 *
 * <p>Thread: everything on a device has one writer, the event loop of its verticle; inboxes and
 * outlets are where other threads meet it.
 */
package io.slinfer.node;
