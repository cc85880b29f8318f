/**
 * The engine on a CPU: one forward pass, architecture differences as data, two sets of kernels.
 *
 * <p>Owns: CpuEngine, the forward pass, ReferenceKernels, NativeKernels.
 *
 * <p>May use: engine, engine.device, request, kvcache, model, ffi.
 *
 * <p>Must not: know Vert.x or Hazelcast; run a step on the caller's thread.
 *
 * <p>Thread: the engine's own thread and the kernels' pool.
 */
package io.slinfer.engine.cpu;
