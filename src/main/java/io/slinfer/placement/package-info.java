/**
 * Which device and instance takes a request.
 *
 * <p>Owns: ClusterView, Placement, the placement policies (the paper's, the baselines', ours, which
 * is SlinferPlacement with Room, Worth and Comeback).
 *
 * <p>May use: request, kvcache, cost, memory, admission, packing, engine.
 *
 * <p>Must not: read a clock, change what it is given.
 *
 * <p>Thread: pure, any thread.
 */
package io.slinfer.placement;
