/**
 * Which instance steps next on a device, with what work; the step loop; who finds requests a place.
 *
 * <p>Owns: DeviceLoop and its parts (Moves: instances come and go; Stepping; MemoryWork and
 * MemoryEnds; Departures of requests; Stays of instances; KvRelief), Instance and what its requests
 * come to (RequestSums), batching, the coordinators with Demand.
 *
 * <p>May use: request, kvcache, cost, memory, admission, placement, packing, engine.
 *
 * <p>Must not: read a clock other than Timers, start a thread, know Vert.x.
 *
 * <p>Thread: confined to the owner's thread.
 */
package io.slinfer.scheduler;
