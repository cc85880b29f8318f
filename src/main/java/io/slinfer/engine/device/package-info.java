/**
 * What the engines that compute on a device have in common.
 *
 * <p>Owns: ThreadedEngine and its Backend, OutputDrawer, PooledStates, LogitsObserver.
 *
 * <p>May use: engine, request, kvcache, model.
 *
 * <p>Must not: know one kind of device, Vert.x or Hazelcast; run a step on the caller's thread.
 *
 * <p>Thread: the engine's step thread, its loader's and its memory thread.
 */
package io.slinfer.engine.device;
