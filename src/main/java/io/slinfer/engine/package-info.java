/**
 * The port that every engine implements.
 *
 * <p>Owns: Engine and its commands and events, Sequence, the sampler.
 *
 * <p>May use: request, kvcache.
 *
 * <p>Must not: know Vert.x, Hazelcast, JCuda, native code or an implementation of itself.
 *
 * <p>Thread: everything is called and answered on the device owner's thread.
 */
package io.slinfer.engine;
