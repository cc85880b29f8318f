/**
 * The engine on NVIDIA GPUs: the forward pass of engine.cpu over CUDA kernels, launched through the
 * driver API.
 *
 * <p>Owns: GpuEngine, the forward pass, device memory, GpuDriver and the one that talks to CUDA.
 *
 * <p>May use: engine, engine.device, request, kvcache, model, ffi, jcuda.
 *
 * <p>Must not: know Vert.x or Hazelcast; touch jcuda outside of CudaDriver; wait for the device
 * within a pass.
 *
 * <p>Thread: the step thread has the compute stream; the loader and its copiers have the others.
 */
package io.slinfer.engine.gpu;
