/**
 * Who may hold which bytes of a device.
 *
 * <p>Owns: the ledger (promised and actual bytes), KV sizing.
 *
 * <p>May use: request, kvcache, cost, engine.
 *
 * <p>Must not: touch memory, read a clock.
 *
 * <p>Thread: policies are pure; the ledger is confined to the device's owner.
 */
package io.slinfer.memory;
