/**
 * Which instance steps next on a device, with what work; the step loop; who finds requests a place.
 *
 * <p>Owns: DeviceLoop, Instance, batching, memory work in order, the coordinators.
 *
 * <p>May use: request, kvcache, cost, memory, admission, placement, packing, engine.
 *
 * <p>Must not: read a clock other than Timers, start a thread, know Vert.x.
 *
 * <p>Thread: confined to the owner's thread.
 */
package io.slinfer.scheduler;
